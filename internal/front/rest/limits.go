package rest

import (
	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
)

// Limits bound one request. A member that is not positive takes its default.
type Limits = admission.Limits

func checkURL(l Limits, query string) error {
	return within(len(query), l.URLLength, "the query string is longer than", "bytes")
}

// within refuses a request that exceeds one of the limits; the message names the limit's value.
func within(n, limit int, what, unit string) error { return admission.Within(n, limit, what, unit) }

// unsupported refuses what the profile leaves out.
func unsupported(details string) *fault.Fault {
	return fault.New(fault.NotImplemented, "Feature not implemented").WithDetails(details)
}

func choose(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
