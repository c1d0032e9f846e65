package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// loopbackAddr is where commands listen that are told nothing.
const loopbackAddr = "127.0.0.1:8090"

type serveCommand struct {
	place
	logging
	Addr  string         `help:"Address to listen on (default: 127.0.0.1:8090, or every interface at $PORT)." placeholder:"HOST:PORT"`
	Apply bool           `help:"Bring the database to the project's schema first."`
	Drain *time.Duration `help:"How long to go on when told to stop, while /health says so (default: 2s with PostgreSQL, otherwise 0s)." placeholder:"TIME"`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(s *session) error {
	log, written := c.gathering(s)
	defer written()
	return c.serve(s, log)
}

func (c *serveCommand) serve(s *session, log *slog.Logger) error {
	o := c.options(s, log, c.Apply)
	o.Drain, o.Local = c.Drain, local(c.addr(s))
	r, err := app.Open(s.ctx, o)
	if err != nil {
		return err
	}
	l, err := listen(c.addr(s))
	if err != nil {
		return errors.Join(err, r.Close())
	}
	if err := r.Keep(s.ctx); err != nil {
		return errors.Join(err, r.Close())
	}
	r.Control(s.ctx)
	if _, given := s.lookup("GOGC"); !given {
		app.Roomy(s.clock)
	}
	log.Info("listening", "url", address(l), "project", r.Project().Config.Name)
	if at, ok := l.Addr().(*net.TCPAddr); ok && at.IP.IsLoopback() {
		log.Info(fmt.Sprintf("reachable from this machine only; --addr 0.0.0.0:%d listens on every interface", at.Port))
	}
	return errors.Join(r.Serve(s.ctx, log, l), r.Close())
}

func (p *place) options(s *session, log *slog.Logger, apply bool) app.Options {
	return app.Options{Dir: p.Dir, Data: p.data(), Keys: s.keySet(), Apply: apply, Env: p.env(s), Log: log, Clock: s.clock}
}

func (c *serveCommand) addr(s *session) string {
	if port, ok := s.lookup("PORT"); c.Addr == "" && ok && port != "" {
		return ":" + port
	}
	return orLoopback(c.Addr)
}

func orLoopback(addr string) string {
	if addr == "" {
		return loopbackAddr
	}
	return addr
}

func listen(addr string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return nil, usage{fmt.Errorf("%q is not an address to listen on: it is HOST:PORT, such as %s", addr, loopbackAddr)}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return l, nil
}

// address is a listener's URL for the same machine.
func address(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return l.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// local is the URL of an address on this machine's loopback, "" for any other and for a port that is not known yet.
func local(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	if err != nil || port == "0" || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return ""
	}
	return "http://" + net.JoinHostPort(host, port)
}

type devCommand struct {
	place
	logging
	Addr      string `help:"Address to listen on (default: 127.0.0.1:8090, or 127.0.0.1:$PORT)." placeholder:"HOST:PORT"`
	Types     string `help:"A file to keep the client's types in, as of socle types." placeholder:"FILE" type:"path"`
	TypesRole string `help:"With --types: whose view; ${enum}." enum:"users,anon,authenticated,service_role" default:"users" placeholder:"ROLE"`
}

// Run serves on loopback, follows the project's files and says how to call it.
func (c *devCommand) Run(s *session) error {
	if port, ok := s.lookup("PORT"); c.Addr == "" && ok && port != "" {
		c.Addr = "127.0.0.1:" + port
	}
	types, err := c.types()
	if err != nil {
		return err
	}
	o := c.options(s, c.logger(s), true)
	o.Dev, o.Local = true, local(orLoopback(c.Addr))
	if onTerminal(os.Stdin) {
		o.Ask = s.asking(o.Log, os.Stdin)
	}
	r, err := app.Open(s.ctx, o)
	if err != nil {
		return err
	}
	kept(s, r)
	if err := types.keep(s, r.Project()); err != nil {
		return errors.Join(err, r.Close())
	}
	l, err := listen(orLoopback(c.Addr))
	if err != nil {
		return errors.Join(err, r.Close())
	}
	r.Control(s.ctx)
	if at, ok := l.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		fmt.Fprintf(s.err, "socle: warning: listening on %s, where other machines reach it; dev is meant for loopback\n", at)
	}
	c.greet(s, r, address(l))
	if err := r.Watch(s.ctx, func(err error) { changed(s, err, types, r) }); err != nil {
		fmt.Fprintln(s.err, "socle: changes to files are not followed:", err)
	}
	return errors.Join(r.Serve(s.ctx, o.Log, l), r.Close())
}

func (c *devCommand) greet(s *session, r *app.Runtime, url string) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s is served at  %s\n  its mail is kept at  %s/_inbox\n\n", r.Project().Config.Name, url, url)
	fmt.Fprintf(&b, "  publishable key  %s\n  secret key       %s\n\n", r.Keys.Publishable, r.Keys.Secret)
	if sample, ok := r.Sample(s.ctx); ok {
		key := r.Keys.Publishable
		if sample.Secret {
			key = r.Keys.Secret
		}
		fmt.Fprintf(&b, "  curl '%s%s' -H 'apikey: %s'\n\n", url, sample.Path, key)
	}
	warned(s, r)
	fmt.Fprintf(&b, "  Edit the files in %s: changes are live. Ctrl-C stops.\n\n", c.Dir)
	fmt.Fprint(s.out, b.String())
}

// kept says where the data is that the last change has lost.
func kept(s *session, r *app.Runtime) {
	if r.Backup != "" {
		fmt.Fprintln(s.out, "  the data as it was is in", r.Backup)
	}
}

// warned says what is served and yet looks like a mistake.
func warned(s *session, r *app.Runtime) {
	if warnings := r.Project().Warnings; len(warnings) > 0 {
		fmt.Fprintf(s.err, "%s\n", yamlfile.Render(r.Project().FS, warnings))
	}
}

// changed says how the taking up of a change went.
func changed(s *session, err error, types typesKept, r *app.Runtime) {
	if err != nil {
		report(s.err, err)
		fmt.Fprintln(s.err, "socle: the version before is still served")
		return
	}
	kept(s, r)
	warned(s, r)
	fmt.Fprintln(s.out, "  the change is live")
	if err := types.keep(s, r.Project()); err != nil {
		report(s.err, err)
	}
}
