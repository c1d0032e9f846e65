package httpapi

import (
	"net/http"
	"sync"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/openapi"
	"github.com/socle-hq/socle/internal/schema"
)

// maxDescriptions bounds the documents kept: there are as many as there are views and namespaces.
const maxDescriptions = 32

// descriptions keeps the documents that were asked for.
type descriptions struct {
	sync.Mutex
	kept map[description][]byte
}

type description struct {
	view      *schema.View
	namespace string
}

// of gives the document of a view, made where it is not kept. Beyond the bound the kept ones are dropped.
func (d *descriptions) of(key description, build func() []byte) []byte {
	d.Lock()
	body, ok := d.kept[key]
	d.Unlock()
	if ok {
		return body
	}
	body = build()
	d.Lock()
	defer d.Unlock()
	if d.kept == nil || len(d.kept) >= maxDescriptions {
		d.kept = map[description][]byte{}
	}
	d.kept[key] = body
	return body
}

// describe answers with the OpenAPI document of what the caller may see of a namespace.
func (s *server) describe(c *call, view *schema.View, read *rest.Read) {
	body := s.descriptions.of(description{view, read.Namespace}, func() []byte {
		return openapi.API{Set: s.Engine.Set(), Functions: s.Functions, Settings: s.About}.Document(view, read.Namespace)
	})
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", read.Media.ContentType())
	private(h, read)
	s.send(c, read, http.StatusOK, body)
}
