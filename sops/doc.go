// Package sops reads YAML documents that SOPS encrypted (https://getsops.io, format of SOPS 3): values in AES-256-GCM, the data
// key for age recipients, the whole under a MAC.
//
// Only reading is here: files are written with the sops command. A document that does not pass its MAC is not used at all.
package sops
