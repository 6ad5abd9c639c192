package giteatest

import (
	"fmt"
	"os/user"
)

// configuration is the app.ini of a Gitea that serves nobody but tests: SQLite, no mail, no searching, no work on a schedule, webhooks to
// loopback. Deliveries and mergeability are worked on in memory.
func configuration(dir, files string, port int) string {
	name := "git"
	if me, err := user.Current(); err == nil {
		name = me.Username
	}
	return fmt.Sprintf(template, name, dir, port, port, files, dir)
}

const template = `APP_NAME = test
RUN_USER = %s
RUN_MODE = prod
WORK_PATH = %s
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %d
ROOT_URL = http://127.0.0.1:%d/
STATIC_ROOT_PATH = %s
DISABLE_SSH = true
OFFLINE_MODE = true

[database]
DB_TYPE = sqlite3
PATH = %s/gitea.db
SQLITE_JOURNAL_MODE = WAL

[security]
INSTALL_LOCK = true
SECRET_KEY = test-only
PASSWORD_HASH_ALGO = pbkdf2_v2

[service]
DISABLE_REGISTRATION = true

[webhook]
ALLOWED_HOST_LIST = loopback

[queue]
TYPE = channel

[indexer]
ISSUE_INDEXER_TYPE = db

[actions]
ENABLED = false

[packages]
ENABLED = false

[mailer]
ENABLED = false

[cron]
ENABLED = false

[cron.update_checker]
ENABLED = false

[log]
MODE = console
LEVEL = Warn
`
