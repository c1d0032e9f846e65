// Package app owns the wiring: how a project folder and a data directory become a running server, in which order parts
// start and stop, and the exchange of a running project for an edited one. It decides nothing about requests.
package app
