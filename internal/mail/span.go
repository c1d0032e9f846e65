package mail

import (
	"fmt"
	"strings"
)

// units are the words for a minute, an hour and a day, one and many of them, and for a time that is not known.
type units struct {
	minute, hour, day [2]string
	unknown           string
}

var (
	english = units{[2]string{"minute", "minutes"}, [2]string{"hour", "hours"}, [2]string{"day", "days"}, "a short time"}
	french  = units{[2]string{"minute", "minutes"}, [2]string{"heure", "heures"}, [2]string{"jour", "jours"}, "un court moment"}
)

// span gives the function that says how long something holds in a language: French, or English for all others.
func span(lang string) func(minutes int) string {
	u := english
	if lang == "fr" || strings.HasPrefix(lang, "fr-") {
		u = french
	}
	return func(minutes int) string {
		switch {
		case minutes <= 0:
			return u.unknown
		case minutes >= 2*24*60 && minutes%(24*60) == 0:
			return count(minutes/(24*60), u.day)
		case minutes%60 == 0:
			return count(minutes/60, u.hour)
		}
		return count(minutes, u.minute)
	}
}

func count(n int, words [2]string) string {
	if n == 1 {
		return "1 " + words[0]
	}
	return fmt.Sprintf("%d %s", n, words[1])
}
