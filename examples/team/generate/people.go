package main

import (
	"strings"
	"time"
	_ "time/tzdata" // the same working hours wherever this runs
	"unicode"
)

// person is a member of the team and the hours they keep.
type person struct {
	name, city, zone, job, role string
	from, to                    int // hours of the own day
	off                         []time.Weekday
	joined                      string
	phone                       string
	place                       *time.Location
	id                          string
}

var team = []person{
	{name: "Inês Duarte", city: "Lisbon", zone: "Europe/Lisbon", job: "Founder, product", role: "admin", from: 9, to: 18, joined: "2024-01-08"},
	{name: "Tomáš Novák", city: "Brno", zone: "Europe/Prague", job: "Back-end engineer", role: "admin", from: 8, to: 16, joined: "2024-01-08"},
	{name: "Amara Okafor", city: "Lagos", zone: "Africa/Lagos", job: "Front-end engineer", role: "member", from: 9, to: 17, joined: "2024-02-05"},
	{name: "Kenji Morita", city: "Sapporo", zone: "Asia/Tokyo", job: "Mobile engineer", role: "member", from: 10, to: 19, joined: "2024-03-04"},
	{name: "Lucía Fernández", city: "Montevideo", zone: "America/Montevideo", job: "Designer", role: "member", from: 9, to: 17, joined: "2024-03-18"},
	{name: "Priya Raman", city: "Chennai", zone: "Asia/Kolkata", job: "Back-end engineer", role: "member", from: 10, to: 19, joined: "2024-04-02"},
	{name: "Mateusz Zieliński", city: "Gdańsk", zone: "Europe/Warsaw", job: "Site reliability", role: "admin", from: 7, to: 15, joined: "2024-04-15"},
	{name: "Hannah Weiss", city: "Graz", zone: "Europe/Vienna", job: "Support", role: "member", from: 8, to: 14, off: []time.Weekday{time.Friday}, joined: "2024-05-06"},
	{name: "Samuel Adeyemi", city: "Nairobi", zone: "Africa/Nairobi", job: "Data engineer", role: "member", from: 8, to: 17, joined: "2024-06-03"},
	{name: "Chloé Martin", city: "Nantes", zone: "Europe/Paris", job: "Front-end engineer", role: "member", from: 9, to: 18, off: []time.Weekday{time.Wednesday}, joined: "2024-06-17"},
	{name: "Diego Salazar", city: "Oaxaca", zone: "America/Mexico_City", job: "Front-end engineer", role: "member", from: 9, to: 18, joined: "2024-08-05"},
	{name: "Mei Tanaka", city: "Osaka", zone: "Asia/Tokyo", job: "Quality", role: "member", from: 9, to: 17, joined: "2024-08-19"},
	{name: "Oliver Grant", city: "Halifax", zone: "America/Halifax", job: "Back-end engineer", role: "member", from: 8, to: 16, joined: "2024-09-02"},
	{name: "Nadia Haddad", city: "Amman", zone: "Asia/Amman", job: "Mobile engineer", role: "member", from: 9, to: 18, off: []time.Weekday{time.Friday}, joined: "2024-09-30"},
	{name: "Sofia Lindqvist", city: "Umeå", zone: "Europe/Stockholm", job: "Researcher", role: "member", from: 8, to: 16, joined: "2024-10-14"},
	{name: "Rahul Mehta", city: "Pune", zone: "Asia/Kolkata", job: "Support", role: "member", from: 7, to: 16, joined: "2024-11-04"},
	{name: "Emily Tran", city: "Da Nang", zone: "Asia/Ho_Chi_Minh", job: "Designer", role: "member", from: 9, to: 18, joined: "2025-01-13"},
	{name: "Jonas Becker", city: "Leipzig", zone: "Europe/Berlin", job: "Back-end engineer", role: "member", from: 10, to: 18, joined: "2025-02-03"},
	{name: "Camila Rojas", city: "Valparaíso", zone: "America/Santiago", job: "Quality", role: "member", from: 9, to: 17, joined: "2025-03-03"},
	{name: "Aroha Williams", city: "Wellington", zone: "Pacific/Auckland", job: "Technical writer", role: "member", from: 8, to: 15, off: []time.Weekday{time.Monday}, joined: "2025-04-07"},
	{name: "Ben Carter", city: "Boise", zone: "America/Boise", job: "Site reliability", role: "member", from: 7, to: 16, joined: "2025-05-05"},
	{name: "Yasmin Farouk", city: "Alexandria", zone: "Africa/Cairo", job: "Data engineer", role: "member", from: 9, to: 17, joined: "2025-06-02"},
	{name: "Marta Costa", city: "Recife", zone: "America/Recife", job: "Accountant", role: "guest", from: 10, to: 14, joined: "2025-01-20"},
	{name: "Peter O'Brien", city: "Galway", zone: "Europe/Dublin", job: "Security reviewer", role: "guest", from: 9, to: 17, joined: "2025-09-01"},
	{name: "Ana Petrović", city: "Novi Sad", zone: "Europe/Belgrade", job: "Translator", role: "guest", from: 12, to: 20, joined: "2025-10-06"},
}

func (p *person) first() string { first, _, _ := strings.Cut(p.name, " "); return first }

// folded are the letters of the team's names that ASCII lacks.
var folded = strings.NewReplacer("ê", "e", "á", "a", "š", "s", "í", "i", "ń", "n", "é", "e", "ć", "c", "'", "")

// handle is the name as a slug: tomas-novak.
func (p *person) handle() string {
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return '-'
		}
		return unicode.ToLower(r)
	}, folded.Replace(p.name))
}

// works reports whether the instant lies in the person's working hours.
func (p *person) works(at time.Time) bool {
	local := at.In(p.place)
	day := local.Weekday()
	if day == time.Saturday || day == time.Sunday || local.Format(time.DateOnly) < p.joined {
		return false
	}
	for _, off := range p.off {
		if day == off {
			return false
		}
	}
	return local.Hour() >= p.from && local.Hour() < p.to
}

// next is the first instant from at on in which the person works, a while into the day where they had to wait for it.
func (p *person) next(d *dice, at time.Time) time.Time {
	if p.works(at) {
		return at
	}
	for !p.works(at) {
		at = at.Truncate(time.Hour).Add(time.Hour)
	}
	later := at.Add(time.Duration(d.below(90*60)) * time.Second)
	if p.works(later) {
		return later
	}
	return at
}

func (p *person) daysOff() []string {
	out := []string{"saturday", "sunday"}
	for _, d := range p.off {
		out = append(out, strings.ToLower(d.String()))
	}
	return out
}
