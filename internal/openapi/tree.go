package openapi

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/socle-hq/socle/internal/value"
)

// object is a JSON object whose members keep their order. Values are objects, lists, texts, numbers, booleans, raw JSON, or
// nil for null.
type object []member

type member struct {
	name string
	is   any
}

type list []any

// with adds a member.
func (o object) with(name string, is any) object { return append(o, member{name, is}) }

// when adds a member where there is something to say.
func (o object) when(there bool, name string, is any) object {
	if !there {
		return o
	}
	return o.with(name, is)
}

// get finds a member's value.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.is
		}
	}
	return nil
}

func ref(kind, name string) object { return object{{"$ref", "#/components/" + kind + "/" + name}} }

func texts(of []string) list {
	out := make(list, len(of))
	for i, s := range of {
		out[i] = s
	}
	return out
}

// appendJSON is the tree as compact JSON.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = value.AppendJSONString(dst, m.name)
			dst = appendJSON(append(dst, ':'), m.is)
		}
		return append(dst, '}')
	case list:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	case json.RawMessage:
		return append(dst, v...)
	case string:
		return value.AppendJSONString(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return append(dst, "null"...)
}

// Indent is a document as people read it: JSON over many lines.
func Indent(document []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, document, "", "  ") != nil {
		return document
	}
	return append(out.Bytes(), '\n')
}

// YAML is a document as YAML, its members in the same order.
func YAML(document []byte) ([]byte, error) { return yaml.JSONToYAML(document) }
