package lexeme

import (
	"slices"

	snowball "github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"

	"github.com/socle-hq/socle/internal/fault"
)

// Simple is the configuration that does not stem.
const Simple = "simple"

type stemmer func(*snowball.Env) bool

// stemmers are the languages whose stemming survives the folding of accents.
var stemmers = map[string]stemmer{
	Simple: nil, "danish": danish.Stem, "dutch": dutch.Stem, "english": english.Stem, "finnish": finnish.Stem,
	"french": french.Stem, "german": german.Stem, "hungarian": hungarian.Stem, "italian": italian.Stem,
	"norwegian": norwegian.Stem, "portuguese": portuguese.Stem, "romanian": romanian.Stem, "russian": russian.Stem,
	"spanish": spanish.Stem, "swedish": swedish.Stem, "turkish": turkish.Stem,
}

// Configs lists the names of the configurations in order.
func Configs() []string {
	var names []string
	for name := range stemmers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CheckConfig refuses a configuration that does not exist (PGRST127).
func CheckConfig(config string) error {
	if _, ok := stemmers[config]; ok {
		return nil
	}
	return unsupported("There is no text search configuration \"%s\".", config)
}

// stemmed gives the stem, or the word itself where the algorithm leaves nothing.
func stemmed(stem stemmer, word string) string {
	env := snowball.NewEnv(word)
	stem(env)
	if s := env.Current(); s != "" {
		return s
	}
	return word
}

func unsupported(format string, args ...any) *fault.Fault {
	details := fault.New(fault.NotImplemented, format, args...).Message
	return fault.New(fault.NotImplemented, "Feature not implemented").WithDetails(details)
}
