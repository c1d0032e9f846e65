// Package load is unkind to a server of its own, a process as `socle serve` starts it: floods, slow and broken clients, bodies without
// end. All the while an ordinary client asks, and none of its requests may fail; how quickly it was answered is written down.
package load
