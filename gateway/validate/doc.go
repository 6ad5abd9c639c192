// Package validate asks an Admin API of APISIX what it would refuse of some resources, before they are written: it sends them in
// documents that are small enough, and finds the resource and the field that each complaint is about.
//
// What the gateway finds only because it compares with its present configuration is left out: part of that may be what the same
// commit changes. References between resources are not followed.
package validate
