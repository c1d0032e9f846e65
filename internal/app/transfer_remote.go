package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/transfer"
)

// What a server and a command say to each other about imports and exports. Both sides are the same binary, of the same user.
const (
	pathImport  = "/import"
	pathImports = "/imports"
	pathExport  = "/export"
	partError   = "Socle-Error"
	partEnd     = "Socle-End"
)

// frame is a line of an import's answer: something it has to say, or the end.
type frame struct {
	Event   *transfer.Event   `json:"event,omitempty"`
	Result  *transfer.Result  `json:"result,omitempty"`
	Mistake *transfer.Mistake `json:"mistake,omitempty"`
	Error   string            `json:"error,omitempty"`
}

func (r *Runtime) transfers(mux *http.ServeMux) {
	mux.HandleFunc("GET "+pathImports, func(w http.ResponseWriter, req *http.Request) {
		list, err := r.marks(req.Context(), req.URL.Query().Get("collection"))
		answer(w, list, err)
	})
	mux.HandleFunc("DELETE "+pathImports, func(w http.ResponseWriter, req *http.Request) {
		id, err := strconv.ParseInt(req.URL.Query().Get("id"), 10, 64)
		if err == nil {
			err = r.forget(req.Context(), req.URL.Query().Get("collection"), id)
		}
		answer(w, nil, err)
	})
	mux.HandleFunc("POST "+pathImport, r.takeImport)
	mux.HandleFunc("GET "+pathExport, r.sendExport)
}

func answer(w http.ResponseWriter, v any, err error) {
	if err == nil {
		err = json.NewEncoder(w).Encode(v)
	}
	if err != nil {
		http.Error(w, explained(err), http.StatusInternalServerError)
	}
}

// takeImport imports the request's body, and tells how it goes while the body is still coming.
func (r *Runtime) takeImport(w http.ResponseWriter, req *http.Request) {
	var l Load
	if err := json.Unmarshal([]byte(req.URL.Query().Get("load")), &l); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	both := http.NewResponseController(w)
	if err := both.EnableFullDuplex(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ctx, stop := context.WithCancel(req.Context())
	defer stop()
	lines := json.NewEncoder(w)
	say := func(f frame) {
		if errors.Join(lines.Encode(f), both.Flush()) != nil {
			stop() // nobody listens
		}
	}
	say(frame{Event: &transfer.Event{}})
	res, err := r.load(ctx, l, req.Body, func(e transfer.Event) { say(frame{Event: &e}) })
	end := frame{Result: &res}
	if errors.As(err, &end.Mistake); err != nil && end.Mistake == nil {
		end.Error = explained(err)
	}
	say(end)
	_, _ = io.Copy(io.Discard, req.Body) // until the other side has read the end and goes
}

// sendExport sends collections as parts. The last part says that all were whole, or what went wrong.
func (r *Runtime) sendExport(w http.ResponseWriter, req *http.Request) {
	var d Dump
	if err := json.Unmarshal([]byte(req.URL.Query().Get("dump")), &d); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	parts := multipart.NewWriter(w)
	w.Header().Set("Content-Type", parts.FormDataContentType())
	err := r.unload(req.Context(), d, func(collection string) (io.Writer, error) {
		return parts.CreateFormField(collection)
	})
	last := textproto.MIMEHeader{partEnd: {"whole"}}
	if err != nil {
		last = textproto.MIMEHeader{partError: {strings.ReplaceAll(explained(err), "\n", " ")}}
	}
	if _, err := parts.CreatePart(last); err == nil {
		err = parts.Close()
	}
	if err != nil {
		r.Log.Warn("an export was not sent whole", "error", err)
	}
}

// remote is the server that runs on a data directory.
type remote struct{ data string }

var errNoServer = errors.New("the server that ran on the data directory has ended")

func (s remote) answers(ctx context.Context) bool {
	conn, err := dial(ctx, s.data)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// ask sends a request. The answer is one of success.
func (s remote) ask(ctx context.Context, method, path, key string, v any, body io.Reader) (*http.Response, error) {
	q, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	res, ok, err := request(ctx, s.data, method, path+"?"+key+"="+url.QueryEscape(string(q)), body)
	return succeeded(res, ok, err)
}

func succeeded(res *http.Response, ok bool, err error) (*http.Response, error) {
	switch {
	case err != nil:
		return nil, fmt.Errorf("the running server: %w", err)
	case !ok:
		return nil, errNoServer
	case res.StatusCode == http.StatusOK:
		return res, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	return nil, errors.Join(fmt.Errorf("the running server: %s", strings.TrimSpace(string(text))), err)
}

func (s remote) marks(ctx context.Context, collection string) (out []transfer.Mark, err error) {
	res, err := succeeded(request(ctx, s.data, http.MethodGet, pathImports+"?collection="+url.QueryEscape(collection), nil))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return out, json.NewDecoder(res.Body).Decode(&out)
}

func (s remote) forget(ctx context.Context, collection string, id int64) error {
	q := url.Values{"collection": {collection}, "id": {strconv.FormatInt(id, 10)}}
	res, err := succeeded(request(ctx, s.data, http.MethodDelete, pathImports+"?"+q.Encode(), nil))
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func (s remote) load(ctx context.Context, l Load, r io.Reader, observe func(transfer.Event)) (transfer.Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	res, err := s.ask(ctx, http.MethodPost, pathImport, "load", l, io.NopCloser(r))
	if err != nil {
		return transfer.Result{}, err
	}
	defer res.Body.Close()
	heard := transfer.Result{Mark: l.From, Resumed: l.From.ID != 0}
	for lines := json.NewDecoder(res.Body); ; {
		var f frame
		err := lines.Decode(&f)
		switch {
		case err != nil && ctx.Err() != nil:
			return heard, ctx.Err()
		case err != nil:
			return heard, fmt.Errorf("the running server ended in the middle of the import: %w", err)
		case f.Event != nil:
			if f.Event.Rows > 0 && !l.From.Linked {
				heard.Rows, heard.Written, heard.Inserted = f.Event.Rows, f.Event.Rows-l.From.Rows, f.Event.Rows-l.From.Rows
			}
			observe(*f.Event)
		case f.Result != nil && f.Mistake != nil:
			return *f.Result, f.Mistake
		case f.Result != nil && f.Error != "":
			return *f.Result, errors.New(f.Error)
		case f.Result != nil:
			return *f.Result, nil
		}
	}
}

func (s remote) unload(ctx context.Context, d Dump, open func(collection string) (io.Writer, error)) error {
	res, err := s.ask(ctx, http.MethodGet, pathExport, "dump", d, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, form, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(res.Body, form["boundary"])
	for {
		part, err := parts.NextRawPart()
		switch {
		case err != nil:
			return fmt.Errorf("the running server ended in the middle of the export: %w", err)
		case part.Header.Get(partError) != "":
			return errors.New(part.Header.Get(partError))
		case part.Header.Get(partEnd) != "":
			return nil
		}
		w, err := open(part.FormName())
		if err == nil {
			_, err = io.Copy(w, part)
		}
		if err != nil {
			return err
		}
	}
}
