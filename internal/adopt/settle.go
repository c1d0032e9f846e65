package adopt

import (
	"io/fs"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// settle takes away what the product would refuse, until nothing is left to refuse. Every round takes something away.
func (p *Project) settle() {
	for {
		files, places := p.render()
		problems := refusals(files)
		if len(problems) == 0 {
			return
		}
		moved, progress := map[*element]bool{}, false
		for _, problem := range problems {
			at := places[problem.Pos.File]
			if at == nil || at.collection.gone {
				continue
			}
			progress = true
			if e := at.lines[problem.Pos.Line]; e != nil {
				if !moved[e] {
					moved[e] = true
					p.note(at.collection.table, "%s: %s", e.retreat(problem.Message), problem.Message)
				}
				continue
			}
			at.collection.gone = true
			p.note(at.collection.table, "the table is left out: %s", problem.Message)
		}
		if !progress { // a problem of no table: whoever checks the project will see it
			return
		}
	}
}

// refusals are the errors of a project.
func refusals(files map[string]string) []schema.Problem {
	spec, problems := yamlfile.Load(inMemory(files))
	catalog, more := schema.Resolve(spec)
	if problems = append(problems, more...); catalog != nil && !problems.Failed() {
		_, more := policy.Compile(catalog)
		problems = append(problems, more...)
	}
	var out []schema.Problem
	for _, p := range problems {
		if p.Severity == schema.Error {
			out = append(out, p)
		}
	}
	return out
}

func inMemory(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}
