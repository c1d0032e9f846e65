package value

import (
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/fault"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond

	// MinDate and MaxDate bound dates, in days since 1970: years 0001 to 9999.
	MinDate = -719_162
	MaxDate = 2_932_896

	// MinTimestamp and MaxTimestamp bound timestamps, in µs since 1970.
	MinTimestamp = MinDate * microsPerDay
	MaxTimestamp = (MaxDate+1)*microsPerDay - 1
)

// parseTimestamp takes a date, optionally T or a space and hh:mm[:ss[.f]] with up to nine digits (rounded half up to
// µs), and Z or ±hh[:mm]; no zone is UTC, no time is midnight.
func parseTimestamp(t Type, s string) (Value, error) {
	us, code := scanTimestamp(trimSpace(s))
	if code != "" {
		return Value{}, badInstant(code, t, s)
	}
	return OfTimestamp(us), nil
}

// parseDate takes YYYY-MM-DD; of a timestamp it takes the date as written.
func parseDate(t Type, s string) (Value, error) {
	text := trimSpace(s)
	days, rest, code := scanDate(text)
	if code == "" && rest != "" {
		_, code = scanTimestamp(text)
	}
	if code != "" {
		return Value{}, badInstant(code, t, s)
	}
	return OfDate(days), nil
}

func badInstant(code fault.Code, t Type, s string) *fault.Fault {
	if code == fault.DateOverflow {
		return fault.New(code, "%s out of range: %s", kindNames[t.Kind], quoted(s))
	}
	return fault.New(code, "invalid input syntax for type %s: %s", t.SQLName(), quoted(s))
}

func scanTimestamp(s string) (us int64, code fault.Code) {
	days, rest, code := scanDate(s)
	if code != "" {
		return 0, code
	}
	us = days * microsPerDay
	if rest != "" {
		if c := rest[0]; c != 'T' && c != 't' && c != ' ' {
			return 0, fault.InvalidDate
		}
		clock, zone, ok := scanClock(rest[1:])
		if !ok {
			return 0, fault.InvalidDate
		}
		offset, ok := scanZone(strings.TrimLeft(zone, " "))
		if !ok {
			return 0, fault.InvalidDate
		}
		us += clock - offset
	}
	if us < MinTimestamp || us > MaxTimestamp {
		return 0, fault.DateOverflow
	}
	return us, ""
}

func scanDate(s string) (days int64, rest string, code fault.Code) {
	end := digitsEnd(s, 0)
	if end > 4 && end < len(s) && s[end] == '-' {
		return 0, "", fault.DateOverflow
	}
	if end != 4 || len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, "", fault.InvalidDate
	}
	year, _ := twoDigits(s[0:2])
	low, _ := twoDigits(s[2:4])
	year = year*100 + low
	month, okMonth := twoDigits(s[5:7])
	day, okDay := twoDigits(s[8:10])
	if !okMonth || !okDay || month < 1 || month > 12 || day < 1 {
		return 0, "", fault.InvalidDate
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day {
		return 0, "", fault.InvalidDate
	}
	if year == 0 {
		return 0, "", fault.DateOverflow
	}
	return date.Unix() / 86_400, s[10:], ""
}

func twoDigits(s string) (int, bool) {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// scanClock reads hh:mm[:ss[.f]] as µs of the day.
func scanClock(s string) (us int64, rest string, ok bool) {
	hour, okHour := twoDigits(s)
	if !okHour || len(s) < 5 || s[2] != ':' {
		return 0, "", false
	}
	minute, okMinute := twoDigits(s[3:])
	if !okMinute || hour > 23 || minute > 59 {
		return 0, "", false
	}
	us, s = int64(hour*60+minute)*60*microsPerSecond, s[5:]
	if !strings.HasPrefix(s, ":") {
		return us, s, true
	}
	second, okSecond := twoDigits(s[1:])
	if !okSecond || second > 59 {
		return 0, "", false
	}
	us, s = us+int64(second)*microsPerSecond, s[3:]
	if !strings.HasPrefix(s, ".") {
		return us, s, true
	}
	end := digitsEnd(s, 1)
	if end == 1 || end > 10 {
		return 0, "", false
	}
	return us + fraction(s[1:end]), s[end:], true
}

// fraction is up to nine digits after the point as µs, half up.
func fraction(digits string) int64 {
	var nanos int64
	for i := range 9 {
		nanos *= 10
		if i < len(digits) {
			nanos += int64(digits[i] - '0')
		}
	}
	return (nanos + 500) / 1000
}

// scanZone reads Z, ±hh, ±hhmm, ±hh:mm or nothing, as µs east.
func scanZone(s string) (us int64, ok bool) {
	if s == "" || s == "Z" || s == "z" {
		return 0, true
	}
	hour, okHour := twoDigits(s[1:])
	if !okHour || s[0] != '+' && s[0] != '-' || hour > 15 {
		return 0, false
	}
	rest := strings.TrimPrefix(s[3:], ":")
	minute := 0
	if rest != "" || s[3:] != "" {
		if minute, ok = twoDigits(rest); !ok || len(rest) != 2 || minute > 59 {
			return 0, false
		}
	}
	us = int64(hour*60+minute) * 60 * microsPerSecond
	if s[0] == '-' {
		us = -us
	}
	return us, true
}

// ParseDuration reads a CEL duration such as "1h30m" or "-1.5s" as a Duration, rounded to µs.
func ParseDuration(s string) (Value, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return Value{}, fault.New(fault.InvalidDate, "invalid input syntax for type %s: %s", sqlNames[Duration], quoted(s))
	}
	return OfDuration(d.Round(time.Microsecond).Microseconds()), nil
}

func appendTimestamp(dst []byte, us int64, zone *time.Location) []byte {
	t := time.UnixMicro(us).UTC()
	offset := 0
	if zone != nil {
		t = t.In(zone)
		_, offset = t.Zone()
	}
	dst = appendCivil(dst, t)
	hour, minute, second := t.Clock()
	dst = appendTwo(append(dst, 'T'), hour)
	dst = appendTwo(append(dst, ':'), minute)
	dst = appendTwo(append(dst, ':'), second)
	if micros := t.Nanosecond() / 1000; micros != 0 {
		dst = append(dst, '.')
		for power := 100_000; micros > 0; power /= 10 {
			dst = append(dst, '0'+byte(micros/power))
			micros %= power
		}
	}
	return appendOffset(dst, offset)
}

func appendOffset(dst []byte, seconds int) []byte {
	mark := byte('+')
	if seconds < 0 {
		mark, seconds = '-', -seconds
	}
	dst = appendTwo(append(dst, mark), seconds/3600)
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		dst = appendTwo(append(dst, ':'), rest)
	}
	return dst
}

func appendDate(dst []byte, days int64) []byte {
	return appendCivil(dst, time.Unix(days*86_400, 0).UTC())
}

func appendCivil(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year > 9999 {
		dst = append(dst, '0'+byte(year/10_000%10))
	}
	dst = appendTwo(dst, year/100%100)
	dst = appendTwo(dst, year%100)
	dst = appendTwo(append(dst, '-'), int(month))
	return appendTwo(append(dst, '-'), day)
}

func appendTwo(dst []byte, n int) []byte { return append(dst, '0'+byte(n/10), '0'+byte(n%10)) }
