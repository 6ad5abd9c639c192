// Package deploy holds what installs and runs Sluice: the systemd unit, the container file, the Helm chart, and what the deb and the rpm
// are made of. There is no code in it; its tests hold the files to the program, as far as the machine has the tools for it.
package deploy
