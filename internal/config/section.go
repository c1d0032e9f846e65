package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// Section is a checked part of socle.yaml, read by path ("password.min"). Every reading has a default; the zero Section
// has only defaults.
type Section struct{ node *yamlfile.Node }

func (s Section) find(path string) (*yamlfile.Node, bool) {
	n, ok := s.node, s.node != nil
	for _, key := range strings.Split(path, ".") {
		if !ok || n.Kind != yamlfile.Map {
			return nil, false
		}
		n, ok = n.Get(key)
	}
	return n, ok && n.Kind != yamlfile.Null
}

// Sub is the section below path.
func (s Section) Sub(path string) Section {
	n, _ := s.find(path)
	return Section{n}
}

// Text is the setting at path.
func (s Section) Text(path, otherwise string) string {
	if n, ok := s.find(path); ok {
		return n.Text
	}
	return otherwise
}

// Bool is the setting at path.
func (s Section) Bool(path string, otherwise bool) bool {
	if n, ok := s.find(path); ok {
		return n.Text == "true"
	}
	return otherwise
}

// Int is the setting at path.
func (s Section) Int(path string, otherwise int64) int64 {
	if n, ok := s.find(path); ok {
		if v, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			return v
		}
	}
	return otherwise
}

// Size is the setting at path in bytes.
func (s Section) Size(path string, otherwise int64) int64 {
	if n, ok := s.find(path); ok {
		if v, ok := parseSize(n.Text); ok {
			return v
		}
	}
	return otherwise
}

// Duration is the setting at path.
func (s Section) Duration(path string, otherwise time.Duration) time.Duration {
	if n, ok := s.find(path); ok {
		if v, ok := parseDuration(n.Text); ok {
			return v
		}
	}
	return otherwise
}

// List is the list of texts at path.
func (s Section) List(path string) []string {
	n, ok := s.find(path)
	if !ok {
		return nil
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, item.Text)
	}
	return out
}

// Keys lists the keys of the section in written order: the names of providers.
func (s Section) Keys() []string {
	if s.node == nil {
		return nil
	}
	var out []string
	for _, p := range s.node.Pairs {
		out = append(out, p.Key.Text)
	}
	return out
}

// Items are the sections of the list at path: auth.issuers.
func (s Section) Items(path string) []Section {
	n, ok := s.find(path)
	if !ok {
		return nil
	}
	var out []Section
	for _, item := range n.Items {
		out = append(out, Section{item})
	}
	return out
}

// Texts is the mapping of texts at path.
func (s Section) Texts(path string) map[string]string {
	n, ok := s.find(path)
	if !ok {
		return nil
	}
	out := make(map[string]string, len(n.Pairs))
	for _, p := range n.Pairs {
		out[p.Key.Text] = p.Value.Text
	}
	return out
}

// At is the setting at path and where it is written.
func (s Section) At(path string) (string, schema.Pos) {
	if n, ok := s.find(path); ok {
		return n.Text, n.TextPos()
	}
	return "", schema.Pos{}
}
