package main

import (
	"fmt"
	"time"
)

// story is one ticket's life.
type story struct {
	*world
	plan   *plan
	number int
	ticket ticket
	author *person
	owner  *person // assignee; nil while nobody took it
	now    time.Time
	said   []comment
	voices []*person // who said what in said
	thing  string    // what the ticket is about
	fails  string    // and what it does wrong
}

// occasion are the words that fit this ticket and this moment.
func (s *story) occasion(speaker *person) map[string]string {
	d := s.dice
	crew := s.crews[s.plan.key]
	asked := one(d, crew)
	for asked == speaker {
		asked = one(d, crew)
	}
	if s.thing == "" {
		s.thing, s.fails = one(d, s.plan.things), one(d, english["fails"])
	}
	return map[string]string{
		"thing": s.thing, "fails": s.fails, "otherthing": one(d, s.plan.things), "user": one(d, s.plan.users), "key": s.plan.key,
		"number2": fmt.Sprint(d.between(1, max(2, s.number))), "days": fmt.Sprint(d.between(2, 6)),
		"colleague": one(d, crew).first(), "asked": asked.first(), "askedcity": asked.city, "from": fmt.Sprintf("%d:00", speaker.from),
	}
}

// open writes the ticket down.
func (s *story) open(at time.Time) {
	d := s.dice
	s.author = s.around(s.plan.key, at)
	s.now = s.author.next(d, at)
	kind := one(d, []string{"bug", "bug", "bug", "feature", "feature", "chore"})
	titles, bodies := bugTitles, bugBodies
	switch kind {
	case "feature":
		titles, bodies = featureTitles, featureBodies
	case "chore":
		titles, bodies = choreTitles, choreBodies
	}
	words := s.occasion(s.author)
	s.ticket = ticket{
		ID: id(s.now, fmt.Sprint("ticket ", s.plan.key, s.number)), ProjectID: s.plan.id(), Number: s.number, Kind: kind,
		Title: english.sentence(d, one(d, titles), words), Body: english.paragraph(d, bodies, d.between(1, 4), words),
		Status: "open", Priority: one(d, []string{"low", "low", "normal", "normal", "normal", "normal", "high", "high", "urgent"}),
		AuthorID: s.author.id, CreatedAt: stamp(s.now),
	}
	s.details()
	s.tag()
}

// details are what only some tickets have.
func (s *story) details() {
	d, t := s.dice, &s.ticket
	if d.chance(70) {
		t.Estimate = one(d, []string{"0.25", "0.50", "0.50", "1.00", "1.00", "1.50", "2.00", "3.00", "5.00", "8.00"})
	}
	if d.chance(60) {
		t.Areas = some(d, s.plan.areas, d.between(1, 2))
	}
	if t.Kind == "bug" && d.chance(65) {
		t.Meta = map[string]any{"browser": one(d, english["browser"]), "build": 1000 + s.number + d.below(40), "seen": d.between(1, 60)}
	}
	if d.chance(35) {
		t.Due = s.now.AddDate(0, 0, d.between(3, 45)).Format(time.DateOnly)
	}
	if d.chance(15) {
		t.TriageNote = english.sentence(d, one(d, triageNotes), s.occasion(s.author))
	}
	if d.chance(20) {
		t.CustomerRef = fmt.Sprintf("C-%05d", d.between(1, 48000))
	}
}

func (s *story) tag() {
	for i := range labels {
		if s.dice.below(len(labels)*10) < 14 {
			s.ticketLabels = append(s.ticketLabels, ticketLabel{s.ticket.ID, i + 1})
		}
	}
}

// patience is how long a ticket waits for its next word, in minutes, at most.
var patience = []int{25, 90, 240, 900, 2600, 6000}

// say lets somebody write; it reports false where the watched time has ended.
func (s *story) say(who *person, mood string, answers bool) bool {
	d := s.dice
	at := who.next(d, s.now.Add(time.Duration(d.between(240, one(d, patience)*60+300))*time.Second))
	if at.After(end) {
		return false
	}
	s.now = at
	words := s.occasion(who)
	text := english.sentence(d, one(d, talk[mood]), words)
	if d.chance(22) {
		text += " " + english.sentence(d, one(d, talk["chat"]), words)
	}
	c := comment{ID: id(at, fmt.Sprint("comment ", s.plan.key, s.number, len(s.said))), TicketID: s.ticket.ID, AuthorID: who.id, Body: text, CreatedAt: stamp(at)}
	if answers && len(s.said) > 0 {
		c.ParentID = s.said[len(s.said)-1].ID
	}
	if d.chance(4) {
		c.EditedAt = stamp(at.Add(time.Duration(d.between(1, 9)) * time.Minute))
	}
	s.said, s.voices = append(s.said, c), append(s.voices, who)
	return true
}

// discuss is the talk about the ticket: questions, findings, handing over between time zones, review.
func (s *story) discuss() {
	d := s.dice
	for range d.below(3) {
		asker := s.around(s.plan.key, s.now, s.author)
		if !s.say(asker, "ask", false) || !d.chance(80) || !s.say(s.author, "answer", true) {
			break
		}
	}
	if d.chance(12) && end.Sub(s.now) < 60*24*time.Hour || d.chance(6) {
		return // nobody took it
	}
	s.owner = s.around(s.plan.key, s.now)
	s.ticket.AssigneeID, s.ticket.Status = s.owner.id, "doing"
	for _, step := range []struct {
		mood    string
		percent int
	}{{"find", 75}, {"chat", 25}, {"progress", 55}, {"hand", 30}, {"find", 25}, {"progress", 30}} {
		who := s.owner
		if step.mood == "chat" {
			who = s.around(s.plan.key, s.now, s.owner)
		}
		if d.chance(step.percent) && !s.say(who, step.mood, false) {
			return
		}
		if step.mood == "hand" && d.chance(20) {
			s.owner = s.around(s.plan.key, s.now, s.owner)
			s.ticket.AssigneeID = s.owner.id
		}
	}
	if d.chance(82) && s.say(s.around(s.plan.key, s.now, s.owner), "review", false) {
		s.ticket.Status = "review"
		if d.chance(40) {
			s.say(s.owner, "chat", true)
		}
	}
}

// finish closes what was reviewed, if the time suffices, and puts the ticket with its talk into the world.
func (s *story) finish() {
	d := s.dice
	old := end.Sub(s.now) > 21*24*time.Hour
	if s.ticket.Status == "review" && (old || d.chance(50)) || s.ticket.Status == "doing" && old && d.chance(80) {
		if s.say(s.owner, "close", false) {
			s.ticket.Status, s.ticket.ClosedAt = "done", stamp(s.now)
		}
		if d.chance(18) {
			s.say(s.around(s.plan.key, s.now, s.owner), "chat", true)
		}
	}
	s.ticket.UpdatedAt = stamp(s.now)
	s.tickets = append(s.tickets, s.ticket)
	for _, c := range s.said {
		s.comments = append(s.comments, c)
	}
}
