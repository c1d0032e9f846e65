package adopt

// Database is what the catalogue says of the schemas that were asked for, in the order of names.
type Database struct {
	Schemas     []string // as asked for; the first becomes the default namespace
	Tables      []*Table
	Types       map[int64]*Type
	Functions   []Function
	Sequences   []Sequence
	MoneyDigits int // digits after the point of the type money
	Product     bool
}

// Table is a table, a view or something like one.
type Table struct {
	ID         int64    `json:"id"`
	Schema     string   `json:"schema"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // pg_class.relkind
	Partition  bool     `json:"partition"`
	Partitions int      `json:"partitions"`
	Parents    []string `json:"parents"` // of inheritance
	Comment    string   `json:"comment"`
	Guarded    bool     `json:"guarded"` // row-level security is on
	Definition string   `json:"definition"`
	Writable   bool     `json:"writable"`

	Columns     []*Column     `json:"-"`
	Constraints []*Constraint `json:"-"`
	Indexes     []*Index      `json:"-"`
	Attached    []Attachment  `json:"-"`
}

// Column is a column as pg_attribute has it.
type Column struct {
	Table         int64  `json:"table"`
	Number        int    `json:"number"`
	Name          string `json:"name"`
	Required      bool   `json:"required"`
	Identity      string `json:"identity"`
	Generated     string `json:"generated"`
	Dimensions    int    `json:"dimensions"`
	Comment       string `json:"comment"`
	Initial       string `json:"initial"` // the default's expression, or what a generated column computes
	Owns          bool   `json:"owns"`    // a sequence of its own
	Type          int64  `json:"type"`
	Modifier      int    `json:"modifier"`
	Shown         string `json:"shown"`
	Deterministic bool   `json:"deterministic"` // its collation tells different texts apart

	Measure *Measure `json:"-"` // of numbers without a declared scale
}

// Measure is what the values of a column are like.
type Measure struct {
	Scale, Digits int
	Special       bool // NaN or an infinity
	Values        int64
}

// Type is a type as pg_type has it.
type Type struct {
	ID         int64    `json:"id"`
	Schema     string   `json:"schema"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // pg_type.typtype
	Base       int64    `json:"base"`
	Modifier   int      `json:"modifier"`
	Dimensions int      `json:"dimensions"`
	Element    int64    `json:"element"` // of an array
	Required   bool     `json:"required"`
	Initial    string   `json:"initial"`
	Labels     []string `json:"labels"`
	Checks     []Check  `json:"checks"`
	Shown      string   `json:"shown"`
}

// Check is a condition of a domain.
type Check struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// Constraint is a constraint as pg_constraint has it.
type Constraint struct {
	Table        int64  `json:"table"`
	Name         string `json:"name"`
	Kind         string `json:"kind"`
	Columns      []int  `json:"columns"`
	Target       int64  `json:"target"`
	TargetSchema string `json:"target_schema"`
	TargetName   string `json:"target_name"`
	Targets      []int  `json:"targets"`
	Deleting     string `json:"deleting"`
	Updating     string `json:"updating"`
	Matching     string `json:"matching"`
	Deferrable   bool   `json:"deferrable"`
	Validated    bool   `json:"validated"`
	Definition   string `json:"definition"`
	Expression   string `json:"expression"`
}

// Index is an index that no constraint stands for.
type Index struct {
	Table      int64  `json:"table"`
	Name       string `json:"name"`
	Method     string `json:"method"`
	Unique     bool   `json:"unique"`
	Valid      bool   `json:"valid"`
	Partial    bool   `json:"partial"`
	Computed   bool   `json:"computed"`
	Columns    []int  `json:"columns"` // those of the key, then those that are only carried along
	Keys       int    `json:"keys"`
	Options    []int  `json:"options"`
	Usual      bool   `json:"usual"` // every operator class is its type's default
	Definition string `json:"definition"`
}

// Attachment is what hangs on a table and has no place in a project: a trigger, a rule, a row-level policy.
type Attachment struct {
	Table      int64  `json:"table"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Definition string `json:"definition"`
}

// Function is a function or procedure by its signature.
type Function struct {
	Schema    string `json:"schema"`
	Signature string `json:"signature"`
}

// Sequence is a sequence that belongs to no column.
type Sequence struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

// column is the column of a number; nil for a system column.
func (t *Table) column(number int) *Column {
	for _, c := range t.Columns {
		if c.Number == number {
			return c
		}
	}
	return nil
}

// key is the primary key's constraint, nil where there is none.
func (t *Table) key() *Constraint {
	for _, c := range t.Constraints {
		if c.Kind == "p" {
			return c
		}
	}
	return nil
}

// relation is where a table is said to be.
func (t *Table) relation() string { return t.Schema + "." + t.Name }
