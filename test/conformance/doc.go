// Package conformance judges the data API by request–response cases that others wrote for PostgREST. It owns the transposition
// of their fixtures to projects (what is generated, and the overlay beside it), the requests as they go over HTTP, the
// comparison of answers, and the list of what is outside the profile or deviates. The cases and the fixtures are not part of
// this repository: where their folder is absent the tests are skipped.
package conformance
