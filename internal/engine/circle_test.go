package engine_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const circle = `
-- books.yaml --
fields: { id: int, latest_id: { ref: editions, on_delete: set_null }, first_id: { ref: editions } }
realtime: true
indexes: [[latest_id], [first_id]]
policies: { read: true, delete: true, update: true }
-- editions.yaml --
fields: { id: int, book_id: { ref: books, on_delete: cascade, required: true }, next_id: { ref: editions, on_delete: set_null } }
realtime: true
indexes: [[book_id], [next_id]]
policies: { read: true, delete: true }
`

// A book knows its editions, which know their book: no order of deletion is right for both.
func TestRowsThatReferToEachOtherAcrossCollectionsGoTogether(t *testing.T) {
	t.Parallel()
	everywhere(t, circle, func(t *testing.T, b *bench) {
		service := policy.Service()
		for _, r := range []request{
			{insert: "books", body: `[{"id":1},{"id":2},{"id":3}]`},
			{insert: "editions", body: `[{"id":1,"book_id":1},{"id":2,"book_id":1},{"id":3,"book_id":2},{"id":4,"book_id":3}]`},
			{update: "books", eq: "id=1", body: `{"latest_id":2,"first_id":1}`},
			{update: "books", eq: "id=2", body: `{"latest_id":3,"first_id":3}`},
			{update: "editions", eq: "id=1", body: `{"next_id":2}`},
		} {
			if got := b.do(service, r); !strings.Contains(got, "/") {
				t.Fatal(got)
			}
		}
		b.want(ann, request{remove: "books", eq: "id=1", returning: "id latest_id first_id"}, `1/0 [{"id":1,"latest_id":2,"first_id":1}]`)
		b.want(ann, request{remove: "editions", eq: "id=3"}, `23503 update or delete on table "editions" violates foreign key constraint "books_first_id_fkey" on table "books"`)
		b.want(ann, request{update: "books", eq: "id=2", body: `{"first_id":4}`}, "1/0")
		b.want(ann, request{remove: "editions", eq: "book_id=3"}, `23503 update or delete on table "editions" violates foreign key constraint "books_first_id_fkey" on table "books"`)
		b.want(ann, request{remove: "editions", eq: "id=3"}, `1/0`)
		b.want(service, request{remove: "books", eq: "id=3"}, `23503 update or delete on table "editions" violates foreign key constraint "books_first_id_fkey" on table "books"`)
		b.want(ann, request{remove: "books", eq: "id=2"}, "1/0")
		b.want(ann, request{remove: "books", eq: "id=3"}, "1/0")
		if left := b.dump(); strings.Contains(left, "books {") || strings.Contains(left, "editions {") {
			t.Error(left)
		}
	})
}
