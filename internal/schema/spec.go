package schema

// Spec is a project's declaration as written, with a place for everything that can be wrong. Resolve turns it into a
// Catalog. Plain data: whoever reads project files fills it in.
type Spec struct {
	Collections []CollectionSpec
	Functions   []FunctionSpec
	Namespaces  []NamespaceSpec
	Unread      []string // collections whose files could not be read: references to them are not reported
}

// Word is one positioned word of a declaration: a name, a keyword, a column list item. Text "" means absent.
type Word struct {
	Text string
	Pos  Pos
}

// Present reports whether the project wrote the word.
func (w Word) Present() bool { return w.Text != "" || w.Pos.File != "" }

// NamespaceSpec calls a namespace something else on the wire. Key is its folder's name, or public.
type NamespaceSpec struct{ Key, Name Word }

// CollectionSpec declares a collection or, with View, a view.
type CollectionSpec struct {
	Namespace   string // "" is the default, public
	Key         Word   // the file's base name
	Name        Word
	Description string
	Fields      []FieldSpec
	Computed    []FieldSpec
	PrimaryKey  []Word
	Keyless     bool // primary_key: none
	Unique      []KeySpec
	Indexes     []KeySpec
	ForeignKeys []ForeignKeySpec
	Relations   []RelationSpec
	Checks      []CheckSpec
	Search      *SearchSpec
	View        *ViewSpec
	Policies    Policies
	Realtime    bool
	Junction    bool
	Was         Word
}

// FieldSpec declares a field, a computed field (Expr) or the policies and names of a view's column.
type FieldSpec struct {
	Key, Name        Word
	Description      string
	Type             Word // text, int, …; absent where Ref or Enum decides
	List             bool
	Precision, Scale *IntSpec
	Enum             []EnumSpec
	Ref              Word // collection key, "namespace.key" outside the own namespace
	OnDelete         Word
	Required         bool
	Unique           bool
	Identity         bool
	Min, Max         Constant
	Pattern, Format  Word
	Default          Constant
	OnUpdate         Constant
	Read, Write      Rule
	Expr             Source
	Trusted          bool
	Was              Word
	Fill             Source
	Source           Word // views: "title", "project.name", "count()", "sum(estimate)"
}

// IntSpec is a positioned integer.
type IntSpec struct {
	Value int64
	Pos   Pos
}

// EnumSpec is one enum value and its former name.
type EnumSpec struct{ Value, Was Word }

// LiteralKind says how a literal was written.
type LiteralKind uint8

// The kinds of literal. LitJSON is a mapping or a sequence, its text JSON.
const (
	NoLiteral LiteralKind = iota
	LitText
	LitNumber
	LitBool
	LitNull
	LitJSON
)

// Constant is a positioned literal; its type is decided by the field it belongs to.
type Constant struct {
	Kind LiteralKind
	Text string
	Pos  Pos
}

// KeySpec declares a unique constraint or an index; a column of an index may begin with '-'.
type KeySpec struct {
	Name    Word
	Columns []Word
	Pos     Pos
}

// ForeignKeySpec declares a composite or specially named foreign key.
type ForeignKeySpec struct {
	Key, Name Word
	Columns   []Word
	Ref       Word
	To        []Word // absent: the target's primary key
	OnDelete  Word
}

// RelationSpec declares a relation by name. Exactly one of From, Column and Via says how it leads there:
// From is "collection.column" (or a foreign key's name), the referring side; Column is an own reference; Via is a
// junction collection, with FromColumn and To choosing among its references where there are more than two.
type RelationSpec struct {
	Key, Name    Word
	From, Column Word
	Via, ViaFrom Word
	ViaTo        Word
}

// CheckSpec is a named check.
type CheckSpec struct {
	Key  Word
	Expr Source
}

// SearchSpec declares full-text search.
type SearchSpec struct {
	Fields []Word
	Config Word
	Pos    Pos
}

// ViewSpec declares a view; its columns are in CollectionSpec.Fields, each with a Source.
type ViewSpec struct {
	From    Word
	Where   Source
	GroupBy []Word
	Pos     Pos
}
