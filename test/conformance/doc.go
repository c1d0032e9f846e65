// Package conformance judges the data API by request–response cases that others wrote for PostgREST. It owns the transposition
// of their fixtures to projects (what is generated, and the overlay beside it), the requests as they go over HTTP, the
// comparison of answers, and the list of what is outside the profile or deviates. What is outside is refused and not answered
// otherwise, but for the API's description, which is in another version of its language. The cases and the fixtures are not
// part of this repository: where their folder is absent the tests are skipped.
package conformance
