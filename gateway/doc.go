// Package gateway is the vocabulary that desired and live state share: what a resource is, what it refers to, and when two
// resources are the same.
//
// A State maps a Key to a Resource. Its values are canonical: map[string]any, []any, string, bool, int64, float64 (never
// integral) and Secret, whatever YAML style or JSON number they were read from. From that follow one byte form (Canonical),
// one Digest, and one comparison (Align, then plain equality).
//
// The package does no I/O. The clients of real Admin APIs are in its sub-packages.
package gateway
