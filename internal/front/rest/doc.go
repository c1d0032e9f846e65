// Package rest owns the URL grammar of the data API: it turns a method, a path, a query string and headers into an
// ir.Request, its names resolved against one actor's schema.View, and into everything a transport needs to answer. Values
// of the request become Params, so that requests that differ only in values have the same shape. It knows nothing of
// policies, SQL, rows or HTTP connections.
//
// The grammar and its messages follow PostgREST 16 (https://docs.postgrest.org, "Tables and Views" and "Errors").
package rest
