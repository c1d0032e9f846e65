package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

const (
	generatedRows = 10_000 // in each collection
	levelRows     = 1_000  // in each collection that a policy walks through

	itemFields = `  number:     { type: int, required: true }
  title:      { type: text, required: true, min: 1, max: 200 }
  body:       { type: text, required: true }
  status:     { enum: [open, doing, review, done], required: true }
  priority:   { enum: [low, normal, high, urgent], required: true }
  created_at: { type: timestamp, required: true }
indexes: [[status, -created_at]]
`
)

// generatedTable tells the identifiers of generated collections apart.
func generatedTable(n int) table { return table(1000 + n) }

// writeFiles puts the files of a generated project into a folder.
func writeFiles(dir string, files map[string]string) error {
	errs := []error{os.MkdirAll(filepath.Join(dir, "collections"), 0o755), os.WriteFile(filepath.Join(dir, "socle.yaml"), []byte("name: bench\n"), 0o644)}
	for name, text := range files {
		errs = append(errs, os.WriteFile(filepath.Join(dir, "collections", name+".yaml"), []byte(text), 0o644))
	}
	return errors.Join(errs...)
}

// collectionSeries is the same collection more and more often; requests go to all in turn.
func collectionSeries() *series {
	s := &series{title: "Collections"}
	for _, n := range []int{1, 10, 100} {
		kinds := []kind{
			{name: "by id", message: func(_ *world, _ user, i int) message {
				return get(spread(i, n) + "?select=" + entire + "&id=eq." + key(generatedTable(i%n), i*7919%generatedRows))
			}},
			{name: "list of 30", message: func(_ *world, _ user, i int) message {
				return get(spread(i, n) + "?select=" + brief + "&" + someStatus(i/n, 30))
			}},
			{name: "insert", message: func(_ *world, _ user, i int) message {
				r := itemOf(generatedTable(n), i)
				return message{method: http.MethodPost, path: spread(i, n), body: text(map[string]any{
					"number": r.number, "title": r.title, "body": r.body, "status": r.status, "priority": r.priority, "created_at": stamp(r.at)})}
			}},
		}
		s.kinds = kinds
		s.points = append(s.points, point{size: n, kinds: kinds, build: func(w *world) error { return writeCollections(w, n) }})
	}
	return s
}

func spread(i, n int) string { return "items" + strconv.Itoa(i%n) }

func writeCollections(w *world, n int) error {
	files := map[string]string{}
	for i := range n {
		files[spread(i, n)] = "fields:\n  id:         uuid\n" + itemFields + "policies: { read: \"auth.role == 'authenticated'\", create: \"auth.role == 'authenticated'\" }\n"
		if err := writeLines(w.seed(), spread(i, n), generatedRows, itemLine(generatedTable(i), "", nil)); err != nil {
			return err
		}
	}
	return writeFiles(w.project(), files)
}

// hopSeries is one collection whose policy walks further and further until it finds whose row it is; everybody sees a sixth.
func hopSeries() *series {
	s := &series{title: "Hops of the policy", kinds: []kind{
		{name: "by id", message: func(_ *world, u user, i int) message {
			row := i*7919%(generatedRows/levelRows)*levelRows + i%(levelRows/askers)*askers + u.member
			return get("items?select=" + entire + "&id=eq." + key(generatedTable(0), row))
		}},
		{name: "list of 30", message: func(_ *world, _ user, i int) message { return get("items?select=" + brief + "&" + someStatus(i, 30)) }},
	}}
	for hops := 1; hops <= 5; hops++ {
		s.points = append(s.points, point{size: hops, kinds: s.kinds, build: func(w *world) error { return writeHops(w, hops) }})
	}
	return s
}

func writeHops(w *world, hops int) error {
	files, walk := map[string]string{}, "row"
	for level := 1; level <= hops; level++ {
		walk += fmt.Sprintf(".level%d", level)
		field, declared := fmt.Sprintf("level%d_id", level+1), fmt.Sprintf("{ ref: level%d, required: true }", level+1)
		if level == hops {
			field, declared = "owner_id", "{ type: uuid, required: true }"
		}
		files[fmt.Sprintf("level%d", level)] = "fields:\n  id: uuid\n  " + field + ": " + declared + "\npolicies: { read: false }\n"
		err := writeLines(w.seed(), fmt.Sprintf("level%d", level), levelRows, func(i int, l *line) {
			l.member("id", key(generatedTable(level), i))
			next := key(generatedTable(level+1), i)
			if level == hops {
				next = key(members, i%levelRows%askers)
			}
			l.member(field, next)
		})
		if err != nil {
			return err
		}
	}
	files["items"] = "fields:\n  id:         uuid\n  level1_id:  { ref: level1, required: true }\n" + itemFields +
		"policies: { read: \"" + walk + ".owner_id == auth.uid\" }\n"
	err := writeLines(w.seed(), "items", generatedRows, itemLine(generatedTable(0), "level1_id", func(i int) string { return key(generatedTable(1), i%levelRows) }))
	return errors.Join(err, writeFiles(w.project(), files))
}
