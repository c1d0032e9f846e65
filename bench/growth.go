package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// The benchmark of growth: the same requests with more rows, more collections and longer walks in policies, over either engine.
// Servers of all sizes of a series run at the same time, and rounds go from one to the next.

// ground is an engine that series grow over.
type ground struct {
	engine  string
	most    int             // rows
	cluster *testkit.Server // of PostgreSQL; nil: embedded
}

// series is one thing that grows.
type series struct {
	title   string
	ground  *ground
	points  []point
	kinds   []kind
	results [][]*result // by kind, by point
}

// point is one size of it.
type point struct {
	size  int
	build func(w *world) error        // writes the project and its first rows
	more  []func(folder string) error // each writes more of them, once those before it are in the database
	w     *world
	kinds []kind // the series' own, for this size
}

const growthClients = 8

// measureGrowth measures all series over all engines and writes their part of the document.
func measureGrowth(ctx context.Context, o options) error {
	began := time.Now()
	if o.clients == 0 {
		o.clients = growthClients
	}
	r := &report{options: o}
	var all []*series
	err := inside(func(dir string) error {
		grounds, err := o.grounds()
		var contests []*contest
		for _, g := range grounds {
			if g.cluster != nil {
				defer g.cluster.Stop()
				contests = append(contests, &contest{url: g.cluster.URL("postgres")})
			}
		}
		for _, g := range grounds {
			if err == nil {
				var list []*series
				list, err = g.measure(ctx, r, filepath.Join(dir, g.engine))
				all = append(all, list...)
			}
		}
		return errors.Join(err, r.machine.look(ctx, dir, o, contests))
	})
	if err != nil {
		return err
	}
	r.took = time.Since(began)
	return r.publishGrowth(all)
}

// measure measures all series over an engine.
func (g *ground) measure(ctx context.Context, r *report, dir string) ([]*series, error) {
	list := []*series{rowSeries(g.most), collectionSeries(), hopSeries()}
	for i, s := range list {
		s.ground = g
		if err := s.measure(ctx, r, filepath.Join(dir, fmt.Sprint(i))); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", g.engine, s.title, err)
		}
	}
	return list, nil
}

// grounds are the engines that the command line has.
func (o options) grounds() (list []*ground, err error) {
	if o.sqlite {
		list = append(list, &ground{engine: onSQLite, most: o.growth})
	}
	if o.postgres {
		g := &ground{engine: onPostgres, most: min(o.growth, o.growthPostgres)}
		if g.cluster, err = newCluster(); err == nil {
			list = append(list, g)
		}
	}
	return list, err
}

// database makes an empty database and gives its URL, "" for the embedded one, which is made where it is asked for.
func (g *ground) database(ctx context.Context, name string) (string, error) {
	if g.cluster == nil {
		return "", nil
	}
	return g.cluster.URL(name), g.cluster.Run(ctx, "postgres", creation(name))
}

// settle does, after rows came, what PostgreSQL would do at some time of its own choosing.
func (g *ground) settle(ctx context.Context, name string) error {
	if g.cluster == nil {
		return nil
	}
	return errors.Join(g.cluster.Run(ctx, name, "VACUUM ANALYZE"), g.cluster.Run(ctx, name, "CHECKPOINT"))
}

// clear takes a database away.
func (g *ground) clear(name string) {
	if g.cluster != nil {
		_ = g.cluster.Run(context.Background(), "postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
}

// start starts a server, whose processor time is PostgreSQL's too.
func (g *ground) start(w *world) (*process, error) {
	if g.cluster == nil {
		return w.start()
	}
	return aided(g.cluster, w.start)()
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
		name := fmt.Sprintf("size_%d", p.size)
		defer s.ground.clear(name)
		began := time.Now()
		if err := s.load(ctx, r, p, filepath.Join(dir, name), name); err != nil {
			return err
		}
		fmt.Printf("%s, %s, %d: loaded in %s\n", s.ground.engine, s.title, p.size, time.Since(began).Round(time.Second))
		started, err := s.ground.start(p.w)
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

// load fills a database by `socle import`. Files of rows are there one part after the other: all would take as much room again.
func (s *series) load(ctx context.Context, r *report, p *point, dir, name string) error {
	w := &world{options: r.options, dir: dir, sizes: sizesOf(p.size)}
	database, err := s.ground.database(ctx, name)
	if err != nil {
		return err
	}
	if err := p.build(w); err != nil {
		return err
	}
	if p.w, err = w.load(database); err != nil {
		return err
	}
	for _, write := range p.more {
		if err := errors.Join(os.RemoveAll(w.seed()), write(w.seed())); err != nil {
			return err
		}
		if err := p.w.bring(); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(w.seed()), s.ground.settle(ctx, name))
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

// rowSeries is the benchmark's project with more and more rows, and without its search index, which none of the requests asks and
// which would take most of the time to load them.
func rowSeries(most int) *series {
	s := &series{title: "Rows in each collection", kinds: []kind{
		ofName("by id"), ofName("list of 30"), ofName("to-many embed, 30 × 5"), ofName("list of 30, counted"), ofName("by id, one's projects"),
		ofName("list of 30, one's projects"), writes[0]}}
	for n := 10_000; n <= max(most, 10_000); n *= 10 {
		size := sizesOf(n)
		s.points = append(s.points, point{size: n, kinds: s.kinds, more: []func(string) error{size.writeArticles, size.writeTickets, size.writeComments},
			build: func(w *world) error {
				return errors.Join(writeProject(w.project()), unsearched(w.project()), writePeople(w.seed()))
			}})
	}
	return s
}

// unsearched takes the search index of articles away.
func unsearched(project string) error {
	file := filepath.Join(project, "collections", "articles.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), "search:")
	if !ok {
		return errors.New(file + " has no search index")
	}
	_, after, _ := strings.Cut(rest, "\n")
	return os.WriteFile(file, []byte(before+after), 0o644)
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
