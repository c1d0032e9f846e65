package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pocketbase/pocketbase/core"
)

// people makes the members' accounts and prints their tokens.
func people(app core.App, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	tokens := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return err
		}
		r := core.NewRecord(users)
		r.Set("id", m.ID)
		r.SetEmail(m.ID + "@example.org")
		r.SetRandomPassword()
		r.SetVerified(true)
		if err := app.SaveNoValidate(r); err != nil {
			return fmt.Errorf("member %s: %w", m.ID, err)
		}
		token, err := r.NewAuthToken()
		if err != nil {
			return err
		}
		tokens[m.ID] = token
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(tokens)
}
