// Command pocketbase is PocketBase over the rows of the benchmark beside it: the same collections, keys, indexes
// and rules as far as PocketBase has them. It has no full-text index. Everything else is as PocketBase is by default.
//
//	pocketbase fill SEED     collections and rows; prints a token for each member, as JSON
//	pocketbase serve         as PocketBase serves, and /health beside
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
	"github.com/spf13/cobra"
)

func main() {
	app := pocketbase.New()
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Router.GET("/health", func(e *core.RequestEvent) error { return e.NoContent(200) })
		return e.Next()
	})
	app.RootCmd.AddCommand(&cobra.Command{Use: "fill SEED", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		return fill(app, args[0])
	}})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

const (
	signedIn = "@request.auth.id != ''"
	inTeam   = "project.project_members_via_project.user ?= @request.auth.id"
)

// fill declares the collections and puts the rows into them.
func fill(app core.App, seed string) error {
	if err := declare(app); err != nil {
		return err
	}
	if err := people(app, filepath.Join(seed, "members.ndjson")); err != nil {
		return err
	}
	for _, name := range []string{"projects", "project_members", "articles", "notes", "tickets", "comments"} {
		if err := rows(app, filepath.Join(seed, name+".ndjson"), name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, err := app.DB().NewQuery("ANALYZE").Execute(); err != nil {
		return err
	}
	return settings(app)
}

// settings allow batches as large as the benchmark's, and more of them than one address may send by default.
func settings(app core.App) error {
	s := app.Settings()
	s.Batch.Enabled, s.Batch.MaxRequests = true, 100
	s.RateLimits.Enabled = false
	return app.Save(s)
}

func declare(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	projects := readable("projects", signedIn)
	projects.Fields.Add(&core.TextField{Name: "key", Required: true}, &core.TextField{Name: "name", Required: true})
	projects.AddIndex("projects_key", true, "key", "")
	if err := save(app, projects); err != nil {
		return err
	}
	members := readable("project_members", "user = @request.auth.id")
	members.Fields.Add(relation("project", projects), relation("user", users))
	members.AddIndex("project_members_key", true, "project, user", "")
	members.AddIndex("project_members_user", false, "user", "")
	articles := items("articles", signedIn, relation("project", projects), "status, created_at DESC")
	articles.AddIndex("articles_project", false, "project", "")
	notes := items("notes", "owner = @request.auth.id", relation("owner", users), "owner, created_at DESC")
	if err := save(app, members, articles, notes); err != nil {
		return err
	}
	tickets := items("tickets", inTeam, relation("project", projects), "status, created_at DESC")
	tickets.AddIndex("tickets_project", false, "project", "")
	comments := readable("comments", signedIn)
	comments.Fields.Add(relation("article", articles), relation("author", users), &core.TextField{Name: "body", Required: true, Max: 10000},
		&core.AutodateField{Name: "created_at", OnCreate: true}, &core.AutodateField{Name: "edited_at", OnUpdate: true})
	comments.AddIndex("comments_article", false, "article, created_at", "")
	comments.AddIndex("comments_author", false, "author", "")
	comments.CreateRule = types.Pointer("author = @request.auth.id && article." + inTeam)
	comments.UpdateRule = types.Pointer("author = @request.auth.id && @request.body.article:isset = false && @request.body.author:isset = false")
	return save(app, tickets, comments)
}

func save(app core.App, list ...*core.Collection) error {
	for _, c := range list {
		if err := app.Save(c); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// readable is a collection with a rule for reading.
func readable(name, rule string) *core.Collection {
	c := core.NewBaseCollection(name)
	c.ListRule, c.ViewRule = types.Pointer(rule), types.Pointer(rule)
	return c
}

// items is one of the three collections that are alike but for whom their rows belong to.
func items(name, rule string, belongs core.Field, index string) *core.Collection {
	c := readable(name, rule)
	c.Fields.Add(belongs, &core.NumberField{Name: "number"}, &core.TextField{Name: "title", Required: true}, &core.TextField{Name: "body", Max: 100000},
		&core.SelectField{Name: "status", Values: []string{"open", "doing", "review", "done"}},
		&core.SelectField{Name: "priority", Values: []string{"low", "normal", "high", "urgent"}}, &core.DateField{Name: "created_at"})
	c.AddIndex(name+"_newest", false, index, "")
	return c
}

func relation(name string, to *core.Collection) *core.RelationField {
	return &core.RelationField{Name: name, CollectionId: to.Id, MaxSelect: 1, Required: true, CascadeDelete: true}
}

// rows loads a file in one transaction.
func rows(app core.App, file, collection string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		return err
	}
	return app.RunInTransaction(func(tx core.App) error {
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var row map[string]any
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				return err
			}
			if err := one(tx, c, row); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}

// one inserts a row as it is, with the identifier that it has; PocketBase's own way to make others stays its default. A record's own way would set the instants anew.
func one(tx core.App, c *core.Collection, row map[string]any) error {
	cells := dbx.Params{}
	for key, v := range row {
		name := strings.TrimSuffix(key, "_id")
		field := c.Fields.GetByName(name)
		if key == "id" {
			name, field = key, c.Fields.GetByName("id")
		}
		switch {
		case field == nil:
			continue
		case field.Type() == core.FieldTypeDate, field.Type() == core.FieldTypeAutodate:
			at, err := types.ParseDateTime(v)
			if err != nil {
				return err
			}
			cells[name] = at.String()
		default:
			cells[name] = v
		}
	}
	if _, ok := cells["id"]; !ok {
		cells["id"] = core.GenerateDefaultRandomId()
	}
	_, err := tx.DB().Insert(c.Name, cells).Execute()
	return err
}
