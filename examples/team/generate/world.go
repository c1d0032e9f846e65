package main

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// The time in which the team is watched.
var (
	begin = time.Date(2025, 1, 6, 7, 0, 0, 0, time.UTC)
	end   = time.Date(2026, 10, 30, 18, 0, 0, 0, time.UTC)
)

const ticketCount = 2160

// world is everything that happened, as rows of the seed files.
type world struct {
	dice   *dice
	people map[string]*person // by first name
	crews  map[string][]*person

	users, passwords, identities, members, projects, projectMembers, labels, tickets, ticketLabels, comments, updates []any
}

// live lets the team work from begin to end.
func live() *world {
	w := &world{dice: &dice{state: 20250106}, people: map[string]*person{}, crews: map[string][]*person{}}
	w.hire()
	w.found()
	for i, l := range labels {
		w.labels = append(w.labels, label{i + 1, l.name, l.colour, l.description})
	}
	w.work()
	w.report()
	return w
}

func (w *world) hire() {
	for i := range team {
		p := team[i]
		place, err := time.LoadLocation(p.zone)
		if err != nil {
			panic(err) // the table above names a zone that does not exist
		}
		day, _ := time.ParseInLocation(time.DateOnly, p.joined, place)
		at := day.Add(time.Duration(p.from)*time.Hour + time.Duration(7*i%50)*time.Minute)
		p.place, p.id = place, id(at, p.handle())
		p.phone = fmt.Sprintf("+00 555 %04d", 100+37*i)
		w.people[p.first()] = &p
		email := p.handle() + "@example.org"
		w.users = append(w.users, user{p.id, email, stamp(at), stamp(at)})
		w.passwords = append(w.passwords, secret{p.id, everybodys})
		w.identities = append(w.identities, identity{p.id, "email", p.id, email, identify{p.id, email, true}})
		w.members = append(w.members, member{p.id, p.name, p.handle(), p.role, p.job, p.city, p.zone, p.from, p.to, p.daysOff(),
			"https://avatars.example.org/" + p.handle() + ".png", p.joined, p.phone})
	}
}

func (w *world) found() {
	for i := range plans {
		p := &plans[i]
		day, _ := time.Parse(time.DateOnly, p.started)
		pid := p.id()
		w.projects = append(w.projects, project{pid, p.key, p.name, p.summary, w.people[p.lead].id, p.public, p.started, p.archived,
			map[string]any{"sprint_weeks": 1 + i%3, "areas": p.areas}})
		for _, name := range append(slices.Clone(p.crew), p.guests...) {
			who, role := w.people[name], "member"
			switch {
			case name == p.lead:
				role = "lead"
			case slices.Contains(p.guests, name):
				role = "guest"
			}
			w.projectMembers = append(w.projectMembers, projectMember{pid, who.id, role, max(day.Format(time.DateOnly), who.joined)})
			w.crews[p.key] = append(w.crews[p.key], who)
		}
	}
}

func (p *plan) id() string {
	day, _ := time.Parse(time.DateOnly, p.started)
	return id(day.Add(9*time.Hour), "project "+p.key)
}

// alive reports whether the project took tickets at the time.
func (p *plan) alive(at time.Time) bool {
	started, _ := time.Parse(time.DateOnly, p.started)
	archived := end
	if p.archived != "" {
		archived, _ = time.Parse(time.RFC3339, p.archived)
		archived = archived.AddDate(0, 0, -28)
	}
	return at.After(started) && at.Before(archived)
}

// work spreads the tickets over the time and lives through each of them.
func (w *world) work() {
	span := end.Sub(begin) / ticketCount
	numbers := map[string]int{}
	for i := range ticketCount {
		at := begin.Add(time.Duration(i)*span + time.Duration(w.dice.below(int(span/time.Second)))*time.Second)
		p := w.choose(at)
		numbers[p.key]++
		s := story{world: w, plan: p, number: numbers[p.key]}
		s.open(at)
		s.discuss()
		s.finish()
	}
	sortByTime(w.tickets)
	sortByTime(w.comments)
}

// choose picks a project that is alive, by weight.
func (w *world) choose(at time.Time) *plan {
	var alive []*plan
	for i := range plans {
		for range plans[i].weight {
			if plans[i].alive(at) {
				alive = append(alive, &plans[i])
			}
		}
	}
	return one(w.dice, alive)
}

// around is somebody of the crew who has joined and works at the time, or who will soon.
func (w *world) around(key string, at time.Time, not ...*person) *person {
	var here, joined []*person
	for _, p := range w.crews[key] {
		if at.Format(time.DateOnly) <= p.joined || slices.Contains(not, p) {
			continue
		}
		joined = append(joined, p)
		if p.works(at) {
			here = append(here, p)
		}
	}
	if len(here) > 0 && w.dice.chance(85) {
		return one(w.dice, here)
	}
	return one(w.dice, joined)
}

// report writes a status update for each project every few weeks.
func (w *world) report() {
	for i := range plans {
		p := &plans[i]
		lead := w.people[p.lead]
		for at := begin.AddDate(0, 0, 10+i); at.Before(end.AddDate(0, 0, -3)); at = at.AddDate(0, 0, w.dice.between(14, 24)) {
			if !p.alive(at) {
				continue
			}
			when := lead.next(w.dice, at.Add(time.Duration(w.dice.below(86400))*time.Second))
			state := one(w.dice, []string{"on_track", "on_track", "on_track", "at_risk", "at_risk", "off_track"})
			s := story{world: w, plan: p}
			text := english.sentence(w.dice, one(w.dice, updateTexts[state]), s.occasion(lead))
			w.updates = append(w.updates, update{id(when, "update "+p.key+stamp(when)), p.id(), lead.id, state, text, w.dice.chance(90), stamp(when)})
		}
	}
	sortByTime(w.updates)
}

// sortByTime orders rows by their identity, which begins with the time.
func sortByTime(rows []any) {
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].(timed).when() < rows[j].(timed).when() })
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }
