// Package ext stands in for a module that Traefik's published module leaves out: the fields that Traefik's
// commercial builds add to the dynamic configuration. The open source build adds none.
package ext

// HTTP adds nothing to the HTTP part.
type HTTP struct{}

// Router adds nothing to an HTTP router.
type Router struct{}
