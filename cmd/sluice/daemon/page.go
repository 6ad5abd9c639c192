package daemon

import (
	"net/http"

	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/page"
)

// PageURL is where people find the page: publicURL where the daemon's file says it, else the address that is listened at.
func (d *Daemon) PageURL() string {
	if public := d.now.Load().settings.PublicURL; public != "" {
		return public
	}
	return d.URL() + "/"
}

// openPage makes the pages over the read model. Login says whether there is a way to log in now.
func (d *Daemon) openPage(login func() bool) *page.Handler {
	return page.New(page.Config{
		Insight: d.Insight(), Version: d.options.Version, Log: d.log.Named("page"),
		Visitor: func(req *http.Request) page.Visitor { return visitor(req, login()) },
	})
}

// visitor says who looks, and what the page may offer them.
func visitor(req *http.Request, login bool) page.Visitor {
	who, csrf := access.Of(req.Context()), access.CSRF(req.Context())
	v := page.Visitor{
		Name: who.Name, CSRF: csrf, Login: login && csrf == "", Logout: csrf != "",
	}
	if csrf != "" { // only a form of ours can act
		v.Operator, v.Operates = who.May(access.Operator, ""), who.Operates
	}
	return v
}
