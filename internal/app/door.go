package app

import (
	"runtime"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/httpapi"
)

// How many requests are inside at once for each statement that the database runs at once: the next is there when one ends, and
// whoever comes does not wait behind many.
const perStatement = 2

// Requests that share the way to the database are the cheaper the more of them are inside: writes of the embedded database share
// commits, and quick reads and writes of others share round trips. As many are inside as do not make each other late.
const (
	fewWrites   = 64
	manySharing = 512
)

// Writes with large bodies are carried out one at a time by the embedded database, and the others hold meanwhile what they bring; so few
// are inside, as many as keep the writer busy. Over others they share nothing.
const (
	fewBulks  = 16
	manyBulks = 64
)

// width is how many statements the database runs at once.
func (r *Runtime) width() int {
	if st, ok := r.store.(interface{ Width() int }); ok {
		return st.Width()
	}
	return runtime.GOMAXPROCS(0)
}

// doors are those of the data API.
func (r *Runtime) doors(l admission.Limits) httpapi.Doors {
	o := admission.DoorOptions{Places: perStatement * r.width(), Waiting: l.Waiting, Wait: l.Wait, Clock: r.Clock}
	reads, writes, bulks := o, o, o
	writes.Most = manySharing
	if r.database.Engine == "sqlite" {
		writes.Places = fewWrites
		bulks.Places, bulks.Most = fewBulks, manyBulks
	} else {
		reads.Most = manySharing
	}
	return httpapi.Doors{Reads: admission.NewDoor(reads), Writes: admission.NewDoor(writes), Bulk: admission.NewDoor(bulks)}
}

// manyCalls is how many calls at accounts are inside at once: more than wait for a password's hash, whose queue refuses by itself.
const manyCalls = 128

func accountsDoor(l admission.Limits, clk clock.Clock) *admission.Door {
	return admission.NewDoor(admission.DoorOptions{Places: manyCalls + runtime.GOMAXPROCS(0), Waiting: l.Waiting, Wait: l.Wait, Clock: clk})
}
