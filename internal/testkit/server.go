package testkit

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Server is a throwaway cluster with settings of the caller's own, which is there until Stop, or until the process ends.
type Server struct {
	Dir  string // of the socket; its data is below it
	stop func()
}

// NewServer starts a cluster. Settings are as "fsync=on"; what they do not say is PostgreSQL's default.
func NewServer(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dsn, cmd, leash, err := supervise(bin, func(dir string) string {
		return "-c " + strings.Join(append([]string{"listen_addresses=", "unix_socket_directories=" + dir}, settings...), " -c ")
	})
	if err != nil {
		return nil, err
	}
	dir, _, _ := strings.Cut(strings.TrimPrefix(dsn, "host="), " ")
	return &Server{Dir: dir, stop: func() {
		leash.Close()
		_ = cmd.Wait()
	}}, nil
}

// URL is the address of one of its databases.
func (s *Server) URL(database string) string {
	return "postgres://socle@/" + database + "?host=" + s.Dir
}

// Run carries out one statement in a database of it.
func (s *Server) Run(ctx context.Context, database, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// Stop ends the server and takes its folder away.
func (s *Server) Stop() { s.stop() }
