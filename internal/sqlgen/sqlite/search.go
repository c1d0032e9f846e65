package sqlite

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// The search index has a column per search field, c0, c1 …, and one that holds the same word in every row, so that "all rows"
// is a query too. nowhere is a word that no row has: encoded tokens begin with x.
const (
	everyColumn = "every"
	everywhere  = `every : "row"`
	nowhere     = `"nowhere"`
)

// Search asks the FTS5 index, which has no negation of its own; socle_search tests what it cannot say. Where the index says all,
// which is to say mostly, the test that nothing is left spares every match the call and the reading of its texts.
func (Dialect) Search(b *sqlgen.Builder, e *ir.Search) string {
	ref, ok := b.Ref(e.Row)
	if !ok || ref.Derived != nil || e.Row.Collection.Search == nil || len(e.Fields) == 0 {
		return b.Impossible(e)
	}
	index := sqlgen.Quote(searchTable(e.Row.Collection))
	match := b.QueryArg(e, sqlgen.Index, columnNames(e))
	query := b.QueryArg(e, sqlgen.Rest, "")
	rest := []string{query, sqlgen.Literal(int(e.Mode)), b.Expr(text(sqlgen.Config(e)))}
	for _, f := range e.Fields {
		rest = append(rest, b.Expr(&ir.Column{Row: e.Row, Field: f}))
	}
	return "(" + ref.Alias + "._rowid_ IN (SELECT rowid FROM " + index + " WHERE " + index + " MATCH " + match + ") AND (" +
		query + " = '' OR " + call("socle_search", rest...) + "))"
}

func text(s string) *ir.Const {
	return &ir.Const{Value: value.OfText(s), T: value.Type{Kind: value.Text}}
}

func searchTable(c *schema.Collection) schema.Ident { return schema.Derive(schema.ForSearch, table(c)) }

// columnNames is the index's columns of the searched fields; "" stands for those of all, whose words are nowhere else.
func columnNames(e *ir.Search) string {
	var names []string
	for i, f := range e.Row.Collection.Search.Fields {
		if slices.Contains(e.Fields, f) {
			names = append(names, schema.Output(i).Name())
		}
	}
	if len(names) == len(e.Row.Collection.Search.Fields) {
		return ""
	}
	return strings.Join(names, " ")
}

func bindQuery(c sqlgen.Coding, v value.Value) (any, error) {
	q, err := sqlgen.ParseQuery(c, v)
	if err != nil {
		return nil, err
	}
	_, isEmpty := q.(lexeme.Empty)
	if c.Part == sqlgen.Rest {
		if isEmpty || lexeme.Positive(q) {
			return "", nil
		}
		return v.Str(), nil
	}
	if isEmpty {
		return nowhere, nil
	}
	if cover, ok := sqlgen.Covering(q); ok {
		if expression, ok := lexeme.FTS5(cover); ok {
			return within(c.Fields, expression), nil
		}
	}
	return everywhere, nil
}

// within narrows an expression to some columns of the index.
func within(columns, expression string) string {
	if columns == "" {
		return expression
	}
	return "{" + columns + "} : (" + expression + ")"
}

// search is lexeme.Match over the texts of the searched fields; a row without any of them does not match.
func search(args []any) (any, error) {
	query, _ := args[0].(string)
	mode, _ := args[1].(int64)
	config, _ := args[2].(string)
	q, err := sqlgen.ParseQuery(sqlgen.Coding{Mode: ir.SearchMode(mode), Config: config}, value.OfText(query))
	if err != nil {
		return nil, err
	}
	var fields [][]lexeme.Token
	for _, a := range args[3:] {
		if s, ok := a.(string); ok {
			fields = append(fields, lexeme.Tokenise(config, s))
		}
	}
	return truth(len(fields) > 0 && lexeme.Match(q, fields)), nil
}

// document is the encoded tokens of a text, as the index holds them.
func document(args []any) (any, error) {
	s, ok := args[1].(string)
	if !ok {
		return nil, nil
	}
	config, _ := args[0].(string)
	return lexeme.Document(lexeme.Tokenise(config, s)), nil
}
