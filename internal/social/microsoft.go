package social

import (
	"encoding/json"
	"errors"
	"strings"
)

const (
	microsoftBase     = "https://login.microsoftonline.com"
	personalDirectory = "9188040d-6c67-4c5b-b112-36a304b66dad" // of accounts that belong to no organisation
)

// microsoft signs in people of one directory or of many. User info is not asked: it says nothing of xms_edov.
var microsoft = preset{directories: true, algorithms: []string{"RS256"}, tokenOnly: true, refine: microsoftClaims}

// settleDirectory turns the tenant into where discovery is and whose it is. The shared tenants have one document for all
// directories, and each directory's tokens have an issuer of their own.
func (p *Provider) settleDirectory() error {
	tenant := p.settings.Tenant
	switch {
	case p.settings.Issuer == "":
		if tenant == "" {
			tenant = "common"
		}
		p.place = microsoftBase + "/" + tenant + "/v2.0"
	case tenant != "":
		return errors.New("give issuer or tenant, not both")
	default:
		parts := strings.Split(strings.TrimSuffix(p.settings.Issuer, "/v2.0"), "/")
		p.place, tenant = p.settings.Issuer, parts[len(parts)-1]
	}
	base, ok := strings.CutSuffix(p.place, "/"+tenant+"/v2.0")
	if !ok {
		return errors.New("issuer must be like " + microsoftBase + "/<directory>/v2.0")
	}
	switch {
	case tenant == "common" || tenant == "organizations":
		p.issuer = base + "/" + directoryTemplate + "/v2.0"
	case tenant == "consumers":
		p.issuer = base + "/" + personalDirectory + "/v2.0"
	case directoryForm.MatchString(tenant):
		p.issuer = p.place
	default:
		return errors.New("tenant must be a directory's id, common, organizations or consumers")
	}
	return nil
}

// microsoftClaims: the e-mail address is what a directory's administrator wrote, for any domain. Only the optional claim xms_edov
// says that its domain belongs to the directory; whoever believes more lets a stranger's directory take over accounts.
func microsoftClaims(c claims) {
	c["email_verified"] = false
	switch v := c["xms_edov"].(type) {
	case bool:
		c["email_verified"] = v
	case string:
		c["email_verified"] = v == "1" || v == "true"
	case json.Number:
		c["email_verified"] = v == "1"
	}
}
