package main

import (
	"strings"
	"unicode"
)

// grammar gives each name its alternatives; {name} in an alternative is replaced by one of them.
type grammar map[string][]string

// speak expands text until no {slot} is left. What the occasion says goes before the grammar.
func (g grammar) speak(d *dice, text string, occasion map[string]string) string {
	for {
		before, rest, found := strings.Cut(text, "{")
		if !found {
			return text
		}
		slot, after, _ := strings.Cut(rest, "}")
		word, given := occasion[slot]
		if !given {
			word = one(d, g[slot])
		}
		text = before + word + after
	}
}

// sentence is speak with a capital wherever a sentence begins.
func (g grammar) sentence(d *dice, text string, occasion map[string]string) string {
	begins := true
	return strings.Map(func(r rune) rune {
		if begins && unicode.IsLetter(r) {
			r = unicode.ToUpper(r)
		}
		begins = begins && r == ' ' || strings.ContainsRune(".?!", r)
		return r
	}, g.speak(d, text, occasion))
}

// paragraph joins n different sentences of a list.
func (g grammar) paragraph(d *dice, of []string, n int, occasion map[string]string) string {
	var out []string
	for _, text := range some(d, of, n) {
		out = append(out, g.sentence(d, text, occasion))
	}
	return strings.Join(out, " ")
}

var english = grammar{
	"number":  {"two", "three", "four", "five", "a dozen", "about forty", "nearly a hundred", "several hundred"},
	"few":     {"six", "nine", "eleven", "fourteen", "seventeen", "twenty"},
	"percent": {"3 %", "7 %", "12 %", "a fifth", "a third", "almost half"},
	"millis":  {"180 ms", "240 ms", "410 ms", "650 ms", "900 ms", "1.4 s", "2.1 s", "3.8 s", "6 s"},
	"day":     {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"},
	"when":    {"since {day}", "since the last release", "after the update of {day}", "for {number} days now", "since we moved servers", "whenever the network is slow", "at the turn of the hour", "around midnight UTC"},
	"browser": {"Firefox on Linux", "Safari on an older iPad", "Chrome on Android", "the built-in browser of a cheap phone", "Edge at a customer's office", "Safari on macOS", "Firefox with tracking protection on"},
	"fails": {"shows the wrong day", "stays empty", "forgets what was typed", "loads for ever", "jumps back to the top", "is cut off on small screens", "counts some rows twice", "cannot be reached with the keyboard",
		"answers with the wrong language", "ignores the time zone", "keeps an old value", "reports success when nothing happened", "blinks and resets", "overlaps its neighbour", "loses the last character", "sorts accented names to the end",
		"breaks with a name of one letter", "fails for a booking without a vehicle"},
	"occasion": {"after going back", "when two tabs are open", "in the week of the clock change", "for trips over midnight", "with more than {many} passengers", "after signing out and in again", "when the session has expired", "on a slow connection",
		"for bookings made last year", "when the harbour has no terminal", "with the large font setting", "while an import is running", "on the second attempt", "if the name contains an apostrophe", "for round trips", "when the battery is low"},
	"many":    {"nine", "twelve", "twenty", "fifty"},
	"improve": {"remember the last choice in", "explain the empty state of", "add a keyboard path through", "show the local time in", "let support correct", "make room for long names in", "add an undo to", "allow several selections in", "warn before leaving", "give an estimate in", "show who changed", "offer a printable form of", "announce changes in", "let partners brand"},
	"tend":    {"remove the old code behind", "document", "write a load test for", "move the settings of", "upgrade the library behind", "measure", "add alarms to", "split the module of", "tidy up the texts of", "review the permissions of", "replace the cron job behind", "translate the last strings of", "rehearse a failure of"},
	"purpose": {"before the season", "so that we can sleep", "for the audit", "as agreed in the planning", "before the next operator joins", "to halve the support mail", "now that the pilot is over", "for people without a mouse", "because the contract says so", "while it is quiet"},
	"saw":     {"I saw it myself", "{user} told us", "it came in by mail", "the log has {number} of these", "{colleague} noticed it in the demo", "support has {number} cases", "a test caught it once"},
	"time":    {"this morning", "yesterday", "last week", "on {day}", "during the release", "over the weekend", "in the evening peak"},
	"place":   {"in Ancona", "in Split", "in Piraeus", "in Bari", "in Zadar", "in Igoumenitsa", "in Dubrovnik", "in Brindisi"},
	"cause":   {"the cache", "the rounding", "the time zone", "a missing index", "an old feature flag", "the retry", "a race between two requests", "the new library", "an assumption about names", "the translation file", "a default nobody remembers", "the order of two migrations"},
	"part":    {"the query", "the form", "the test", "the template", "the worker", "the style sheet", "the handler", "the validation", "the migration", "the text"},
	"soon":    {"tomorrow", "before lunch", "by {day}", "next week", "after the release", "when the review is in", "as soon as staging is free"},
}

var bugTitles = []string{"{thing} {fails} {occasion}", "{thing} {fails}", "{thing} {fails} {when}", "after the last release {thing} {fails}", "{user}: {thing} {fails}"}
var featureTitles = []string{"{improve} {thing}", "{improve} {thing} {purpose}", "{improve} {thing} for {user}"}
var choreTitles = []string{"{tend} {thing}", "{tend} {thing} {purpose}"}

var bugBodies = []string{
	"{saw} {time}: {thing} {fails} {occasion}.",
	"It does not happen every time, perhaps in {percent} of the cases.",
	"Steps: open {thing} as {user}, wait a moment, try again {occasion}.",
	"Seen with {browser}.",
	"The log says nothing useful except that {part} took {millis}.",
	"My first guess is {cause}, but I have not looked at {part} yet.",
	"For {user} the way around is to start over, which nobody does twice.",
	"Expected: the same result as last month.",
	"We had something like this {place} before, then it was {cause}.",
	"It costs the desk {number} calls a week.",
	"A screen recording is in the shared folder under {key}-{number2}.",
}
var featureBodies = []string{
	"{user} asked for this {time}, and not for the first time.",
	"Today one has to leave {thing} and come back, {number} clicks for something small.",
	"A first version can do without settings.",
	"It should work {occasion} too.",
	"{colleague} has a drawing; the words still need a pass.",
	"We will know that it worked if the desk gets {percent} fewer questions about it.",
	"Not part of this: anything about {otherthing}.",
	"Please keep the answer under {millis}, {place} the network is not good.",
	"The translators need the strings a week ahead.",
	"If it gets bigger than {days} days, let us talk first.",
}
var choreBodies = []string{
	"Nobody has touched this {when}, and it shows.",
	"{colleague} and I looked at it {time} and found {number} places that nobody could explain.",
	"Worth doing {purpose}.",
	"Risk is low: {thing} can be switched off for an hour in the morning.",
	"Done means that {part} and {otherthing} no longer know of each other.",
	"{cause} is the part I would start with.",
	"There is a note about it in the handbook that is out of date.",
	"It takes {millis} today; half of that would be plenty.",
}

// talk is what people say about a ticket, by the moment.
var talk = map[string][]string{
	"ask": {
		"Does it also happen {occasion}?", "Which version was that? I cannot see it with {browser}.", "@{asked}, can you say how often? {percent} or more like {number} a week?",
		"Do we have an example that I may look at, perhaps the one {place}?", "Is that the same as {key}-{number2}?", "What should happen {occasion}? The drawing does not say.",
		"Who decides about the words here, {colleague}?", "How urgent is it for {user}?",
	},
	"answer": {
		"Yes, {number} times {time}. I have added the details above.", "No, only {occasion}.", "It is the same code as in {otherthing}, so probably yes.", "I asked {user}: it began {when}.",
		"Good question. Let us say it must not, and see who complains.", "Not the same as {key}-{number2}, that one was {cause}.", "{colleague} decides, I only collect.", "It can wait until {day}, not longer.",
	},
	"find": {
		"Found it: {cause}. {part} takes it for granted.", "I can reproduce it now: {thing} {fails} {occasion}.", "{part} alone takes {millis}; the rest is noise.", "It is not {cause}, I have ruled that out with a test.",
		"Two things come together here, {cause} and {part}. I will fix the second and open a ticket for the first.", "The numbers {place}: {percent} of all sailings, so not rare.", "Looked at it with {colleague}; we think that {part} should not know about {otherthing} at all.",
		"The log of {day} has {number} lines with the same booking. All of them {occasion}.",
	},
	"progress": {
		"Half done: {part} is in, {otherthing} still to do.", "A branch is up, not ready for review. Tests pass except {occasion}.", "This got bigger than I thought, {part} had to move first.", "Waiting for staging, then I will measure again.",
		"I have split it: this ticket keeps {thing}, the rest goes to a new one.", "Down from {millis} before, and there is more to get out of {part}.", "The new words are with the translators, back {soon}.",
	},
	"hand": {
		"My day ends here; {asked}, it is morning in {askedcity}, can you carry on from the branch?", "Off until {day}. What I know is in the description, {part} is the open end.", "I am in meetings until late, {asked} has the context.",
		"Handing over to {askedcity}. The failing case is the one {occasion}.", "Logging off now, will be back at {from} my time.",
	},
	"review": {
		"Read it twice. One remark on {part}, otherwise good.", "Works for me with {browser}. Did you try it {occasion}?", "Please add a test for the case {occasion}, we have been bitten before.", "Nice and small. I would name {part} differently, but not in this change.",
		"Checked on staging {place}: correct, {millis} in the worst case.", "Approved. Let us not release it on a {day}.",
	},
	"close": {
		"Released {time}, the alarms are quiet.", "Out. {user} confirmed that it works.", "Merged and released; {percent} fewer errors already.", "Done, and the handbook page is up to date too.", "Closing this. If it comes back, look at {cause} first.",
		"Shipped with the {day} release, thanks {asked}.", "In production {when}. I will look at the numbers on {day}.",
	},
	"chat": {
		"Thanks, that helps.", "Makes sense to me.", "Then let us do the simple thing first.", "I would not have thought of {cause}.", "Same here {place}.", "Good catch, {asked}.", "Adding {colleague}, who wrote {part}.", "Moving this to {day}, the release comes first.",
		"{user} will be happy.", "For the record: {otherthing} has the same problem, but nobody uses it {occasion}.",
	},
}

var updateTexts = map[string][]string{
	"on_track":  {"{improve} {thing}: released. Next is {otherthing}.", "A quiet fortnight: {few} tickets closed, nothing waiting for others.", "{thing} is done and measured at {millis}; work on {otherthing} has begun.", "All of {day}'s goals met. {user} gave good feedback."},
	"at_risk":   {"{thing} {fails} {occasion}; we know why and are {number} days behind.", "We depend on an answer from outside about {otherthing}; without it the date slips.", "{percent} of the tests for {thing} fail on real devices. A fix is in review."},
	"off_track": {"We found {cause} at the bottom of {thing} and start that part again.", "The release is put off to {day}: {thing} {fails} {occasion}."},
}

var triageNotes = []string{"Looks small, give it to whoever is new.", "The customer is about to renew, be quick.", "Duplicate of an old one? Check before planning.", "Wait for the numbers of next month.", "Good candidate for the next free {day}.", "I doubt the estimate; {cause} always takes longer.", "Keep {colleague} away from it, too much on that plate already."}
