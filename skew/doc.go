// Package skew compares the desired states of two environments, or of one environment at two commits, and says where each value
// was written on either side.
//
// Environments are meant to differ: each has its variables. A value that differs though both sides wrote the same template at the
// same place is marked as meant. Nothing is read or rendered here.
package skew
