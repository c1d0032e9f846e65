package conformance

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"
)

// list is list.yaml: the cases that need not pass.
type list struct {
	Outside   []outside       `yaml:"outside"`
	Deviating []deviation     `yaml:"deviating"`
	Before    map[int][]ahead `yaml:"before"`
}

// outside are cases of what the profile leaves out, with the sentence that says so.
type outside struct {
	Why   string `yaml:"why"`
	Cases []int  `yaml:"cases"`
}

// deviation is a case of the profile that is answered differently.
type deviation struct {
	ID  int    `yaml:"id"`
	Why string `yaml:"why"`
}

// ahead is a request that makes what a case presupposes, sent with all rights.
type ahead struct {
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
	Body   string `yaml:"body"`
}

func readList(t testing.TB) *list {
	t.Helper()
	raw, err := os.ReadFile("list.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := &list{}
	if err := yaml.UnmarshalWithOptions(raw, l, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *list) outside() map[int]string {
	out := map[int]string{}
	for _, o := range l.Outside {
		for _, id := range o.Cases {
			out[id] = o.Why
		}
	}
	return out
}

func (l *list) deviating() map[int]string {
	out := map[int]string{}
	for _, d := range l.Deviating {
		out[d.ID] = d.Why
	}
	return out
}
