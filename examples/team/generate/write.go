package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
)

// files are the seed's files and their lines, marshalled in struct field order.
func (w *world) files() map[string][]any {
	return map[string][]any{
		"auth.users.ndjson":      w.users,
		"auth.passwords.ndjson":  w.passwords,
		"auth.identities.ndjson": w.identities,
		"members.ndjson":         w.members,
		"projects.ndjson":        w.projects,
		"project_members.ndjson": w.projectMembers,
		"labels.ndjson":          w.labels,
		"tickets.ndjson":         w.tickets,
		"ticket_labels.ndjson":   w.ticketLabels,
		"comments.ndjson":        w.comments,
		"status_updates.ndjson":  w.updates,
	}
}

// write puts every file of the world into dir.
func write(dir string, w *world) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, rows := range w.files() {
		text, err := lines(rows)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func lines(rows []any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, row := range rows {
		if err := enc.Encode(row); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
