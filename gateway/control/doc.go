// Package control asks the control API of one instance what it has taken. One worker of the instance, chosen by chance, answers
// each new connection.
package control
