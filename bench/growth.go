package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The benchmark of growth: the same requests with more rows, more collections and longer walks in policies. Servers of all sizes run
// at the same time, and rounds go from one to the next.

// series is one thing that grows.
type series struct {
	title   string
	points  []point
	kinds   []kind
	results [][]*result // by kind, by point
}

// point is one size of it.
type point struct {
	size  int
	build func(w *world) error // writes the project and its rows
	w     *world
	kinds []kind // the series' own, for this size
}

const growthClients = 8

// measureGrowth measures all series and writes their part of the document.
func measureGrowth(ctx context.Context, o options) error {
	began := time.Now()
	if o.clients == 0 {
		o.clients = growthClients
	}
	all := []*series{rowSeries(o.growth), collectionSeries(), hopSeries()}
	r := &report{options: o}
	err := inside(func(dir string) error {
		for i, s := range all {
			if err := s.measure(ctx, r, filepath.Join(dir, fmt.Sprint(i))); err != nil {
				return fmt.Errorf("%s: %w", s.title, err)
			}
		}
		return r.machine.look(ctx, dir, o, nil)
	})
	if err != nil {
		return err
	}
	r.took = time.Since(began)
	part, plot := r.growthMarkdown(all), plotOf(all)
	if !o.write {
		fmt.Println("\n" + part + "\n" + o.document + " is written by whole runs alone, or with -write")
		return nil
	}
	if err := os.WriteFile(plotFile(o.document), []byte(plot), 0o644); err != nil {
		return err
	}
	return rewrite(o.document, partGrowth, part)
}

// plotFile stands beside the document.
func plotFile(document string) string {
	return document[:len(document)-len(filepath.Ext(document))] + "-growth.svg"
}

// measure makes every size's database, starts all servers, measures, and takes all away again.
func (s *series) measure(ctx context.Context, r *report, dir string) error {
	defer os.RemoveAll(dir)
	var servers []*server
	defer func() {
		for _, x := range servers {
			x.stop()
		}
	}()
	for i := range s.points {
		p := &s.points[i]
		fmt.Printf("loading rows: %s, %d\n", s.title, p.size)
		w := &world{options: r.options, dir: filepath.Join(dir, fmt.Sprint(p.size)), sizes: sizesOf(p.size)}
		if err := p.build(w); err != nil {
			return err
		}
		var err error
		if p.w, err = w.load(""); err != nil {
			return err
		}
		if err := os.RemoveAll(p.w.seed()); err != nil {
			return err
		}
		started, err := p.w.start()
		if err != nil {
			return err
		}
		servers = append(servers, &server{process: started, name: ours})
	}
	heading()
	for n, k := range s.kinds {
		if err := s.measureKind(ctx, r, n, k, servers); err != nil {
			return err
		}
	}
	return nil
}

// measureKind drives all sizes in turn.
func (s *series) measureKind(ctx context.Context, r *report, n int, k kind, servers []*server) error {
	contests := make([]*contest, len(servers))
	for i, x := range servers {
		p := s.points[i]
		x.ask = func(_ kind, addr string) [][]byte { return p.w.requests(p.kinds[n], addr) }
		contests[i] = &contest{engine: fmt.Sprint(p.size), servers: []*server{x}}
	}
	results, err := r.round(ctx, contests, k, r.clients)
	if err != nil {
		return err
	}
	for i, x := range results {
		x.print()
		if x.failed > 0 {
			return fmt.Errorf("%s, %d: %s", k.name, s.points[i].size, x.failure)
		}
	}
	s.results = append(s.results, results)
	return nil
}

// sizesOf has no notes: their policy is no walk.
func sizesOf(rows int) sizes { return sizes{articles: rows, comments: rows, tickets: rows} }

// rowSeries is the benchmark's project with more and more rows.
func rowSeries(most int) *series {
	s := &series{title: "Rows in each collection", kinds: []kind{
		ofName("by id"), ofName("list of 30"), ofName("to-many embed, 30 × 5"), ofName("list of 30, counted"), ofName("by id, one's projects"),
		ofName("list of 30, one's projects"), writes[0]}}
	for n := 10_000; n <= max(most, 10_000); n *= 10 {
		s.points = append(s.points, point{size: n, kinds: s.kinds, build: func(w *world) error {
			if err := writeProject(w.project()); err != nil {
				return err
			}
			return w.sizes.write(w.seed())
		}})
	}
	return s
}

// ofName is a kind of reads.
func ofName(name string) kind {
	for _, k := range reads {
		if k.name == name {
			return k
		}
	}
	return kind{name: name}
}

// relative is how many times the smallest size's processor time a size takes.
func (s *series) relative(kind, point int) float64 {
	base := s.results[kind][0].cost()
	if base == 0 {
		return 0
	}
	return float64(s.results[kind][point].cost()) / float64(base)
}
