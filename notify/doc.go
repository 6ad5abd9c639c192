// Package notify tells people and programs how commits have ended: by webhooks that are signed, and by messages in the way of Slack.
//
// A Receiver sends one message for each end that it wants, in order. Which were sent is kept by package feed; a message that was taken while
// its taking could not be put on record is sent once more, under the same id. The address and the key of a receiver are secrets: they are
// read anew for each message, and stand in no error and no log.
package notify
