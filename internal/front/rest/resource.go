package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/schema"
)

const (
	readMethods = "OPTIONS,GET,HEAD"
	allMethods  = "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
)

func writes(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch || method == http.MethodDelete
}

// profile finds the namespace: Content-Profile names it for writes, Accept-Profile otherwise.
func (r *Read) profile(v *schema.View, in Input) error {
	exposed := v.Catalog.WireNames()
	asked := in.Header.Get(choose(writes(in.Method), "Content-Profile", "Accept-Profile"))
	r.Profile, r.Schema = len(exposed) > 1, asked
	if asked == "" {
		r.Schema = exposed[0]
	}
	at := slices.Index(exposed, r.Schema)
	if at < 0 {
		return fault.New(fault.UnknownNamespace, "Invalid schema: %s", asked).
			WithHint("Only the following schemas are exposed: %s", strings.Join(exposed, ", "))
	}
	r.Namespace = v.Catalog.Namespaces[at]
	return nil
}

// resource finds what the path names and whether the method fits it.
func (r *Read) resource(v *schema.View, in Input) error {
	for _, s := range in.Segments {
		if err := syntax.CheckText(s); err != nil {
			return err
		}
	}
	switch {
	case len(in.Segments) == 0:
		r.Root, r.Allow = true, readMethods
		return r.method(in.Method)
	case len(in.Segments) == 2 && in.Segments[0] == "rpc" && in.Segments[1] == "transaction":
		return r.transactional(in.Method)
	case len(in.Segments) == 2 && in.Segments[0] == "rpc":
		return r.function(in)
	case len(in.Segments) > 1:
		return fault.New(fault.InvalidPath, "Invalid path specified in request URL")
	}
	var ok bool
	if r.Collection, ok = v.Collection(r.Namespace, in.Segments[0]); !ok {
		return unknownCollection(v, r.Namespace, in.Segments[0])
	}
	r.Allow = choose(r.Collection.Collection.View != nil, readMethods, allMethods)
	return r.method(in.Method)
}

func (r *Read) method(method string) error {
	switch {
	case method == http.MethodGet, method == http.MethodHead, method == http.MethodOptions:
		return nil
	case writes(method) && r.Allow == allMethods:
		return nil
	}
	return fault.New(fault.MethodNotAllowed, "Unsupported HTTP method: %s", method)
}

func (r *Read) transactional(method string) error {
	if r.Allow = transactionMethods; method != http.MethodPost && method != http.MethodOptions {
		return fault.New(fault.MethodNotAllowed, "Cannot use the %s method on a transaction", method)
	}
	r.Transaction = &Transaction{}
	return nil
}

func unknownCollection(v *schema.View, namespace, name string) error {
	wire := v.Catalog.WireName(namespace)
	f := fault.New(fault.UnknownCollection, "Could not find the table '%s.%s' in the schema cache", wire, name)
	if near := schema.Suggest(name, v.Names(namespace)); near != "" {
		return f.WithHint("Perhaps you meant the table '%s.%s'", wire, near)
	}
	return f
}

// location is the canonical address of what was read: its parameters in alphabetical order.
func location(name, rawQuery string) string {
	var room [16]string
	parts := room[:0]
	for part := range strings.SplitSeq(rawQuery, "&") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	var out strings.Builder
	path := url.PathEscape(name)
	out.Grow(len(path) + len(rawQuery) + 2)
	out.WriteString("/" + path)
	for i, part := range parts {
		out.WriteString(choose(i == 0, "?", "&"))
		out.WriteString(part)
	}
	return out.String()
}
