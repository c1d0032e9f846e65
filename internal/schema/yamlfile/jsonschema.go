package yamlfile

import (
	_ "embed"
	"slices"
)

//go:embed collection.schema.json
var collectionSchema []byte

//go:embed function.schema.json
var functionSchema []byte

// FunctionSchema is the JSON Schema (draft 2020-12) of a function file.
func FunctionSchema() []byte { return slices.Clone(functionSchema) }

// JSONSchema is the JSON Schema (draft 2020-12) of a collection file, for editors. It checks the shape of a file; Read
// checks the meaning.
func JSONSchema() []byte { return slices.Clone(collectionSchema) }
