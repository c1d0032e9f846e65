package logs

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// text writes records as slog.TextHandler does, byte for byte; it leaves to it what is rare.
type text struct {
	*slog.TextHandler
	lines *Lines
}

// Text is the form of a log for people: key=value.
func Text(l *Lines) slog.Handler { return &Handler{text{slog.NewTextHandler(l, nil), l}, l} }

// JSON is the form of a log for machines.
func JSON(l *Lines) slog.Handler { return &Handler{slog.NewJSONHandler(l, nil), l} }

var sheets = sync.Pool{New: func() any { return new([]byte) }}

// Handle writes a record.
func (t text) Handle(ctx context.Context, r slog.Record) error {
	sheet := sheets.Get().(*[]byte)
	defer sheets.Put(sheet)
	line, ok := appendRecord((*sheet)[:0], &r)
	*sheet = line
	if !ok {
		return t.TextHandler.Handle(ctx, r)
	}
	_, err := t.lines.Write(line)
	return err
}

// appendRecord appends a line; false: it has what is left to others.
func appendRecord(dst []byte, r *slog.Record) (_ []byte, ok bool) {
	if year := r.Time.Year(); r.Time.IsZero() || year < 0 || year > 9999 {
		return dst, false
	}
	dst = r.Time.AppendFormat(append(dst, "time="...), "2006-01-02T15:04:05.000Z07:00")
	dst = append(append(dst, " level="...), r.Level.String()...)
	dst = appendText(append(dst, " msg="...), r.Message)
	ok = true
	r.Attrs(func(a slog.Attr) bool {
		dst = appendText(append(dst, ' '), a.Key)
		dst, ok = appendValue(append(dst, '='), a.Value)
		return ok
	})
	return append(dst, '\n'), ok
}

func appendValue(dst []byte, v slog.Value) (_ []byte, ok bool) {
	switch v.Kind() {
	case slog.KindString:
		return appendText(dst, v.String()), true
	case slog.KindInt64:
		return strconv.AppendInt(dst, v.Int64(), 10), true
	case slog.KindDuration:
		return append(dst, time.Duration(v.Duration()).String()...), true
	}
	return dst, false
}

// appendText appends text as it is, or quoted where it would not be one word.
func appendText(dst []byte, s string) []byte {
	if plain(s) {
		return append(dst, s...)
	}
	return strconv.AppendQuote(dst, s)
}

func plain(s string) bool {
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			if b <= ' ' || b == '=' || b == '"' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return false
		}
		i += size
	}
	return s != ""
}
