package social

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// github reads /user and /user/emails. The address on the profile page is no evidence of anything and is not used.
func github(ctx context.Context, p *Provider, access string) (claims, error) {
	user, err := p.mineObject(ctx, p.fixed.UserInfo, access)
	if err != nil {
		return nil, err
	}
	raw, err := p.mine(ctx, join(p.fixed.UserInfo, "/emails"), access)
	if err != nil {
		return nil, err
	}
	var emails []struct {
		Email             string
		Primary, Verified bool
	}
	if err := json.Unmarshal(raw, &emails); err != nil {
		return nil, unavailable(p.name, "what it says of the user cannot be read", err)
	}
	out := claims{"iss": strings.TrimSuffix(p.fixed.UserInfo, "/user"), "sub": plainID(user["id"]), "name": user["name"],
		"preferred_username": user["login"], "picture": user["avatar_url"]}
	for _, e := range emails {
		if e.Primary {
			out["email"], out["email_verified"] = e.Email, e.Verified
		}
	}
	return out, nil
}

// discord reads /users/@me. A user without a picture of their own has none here.
func discord(ctx context.Context, p *Provider, access string) (claims, error) {
	user, err := p.mineObject(ctx, p.fixed.UserInfo, access)
	if err != nil {
		return nil, err
	}
	id, name := plainID(user["id"]), user.text("global_name")
	if _, err := strconv.ParseUint(id, 10, 64); err != nil {
		return nil, refuse(noSubject)
	}
	if name == "" {
		name = user.text("username")
	}
	out := claims{"iss": strings.TrimSuffix(p.fixed.UserInfo, "/users/@me"), "sub": id, "name": name,
		"preferred_username": user["username"], "locale": user["locale"], "email": user["email"], "email_verified": user["verified"]}
	if global := user.text("global_name"); global != "" {
		out["global_name"] = global
	}
	if avatar := user.text("avatar"); avatar != "" {
		ending := ".png"
		if strings.HasPrefix(avatar, "a_") {
			ending = ".gif"
		}
		out["picture"] = "https://cdn.discordapp.com/avatars/" + id + "/" + url.PathEscape(avatar) + ending
	}
	return out, nil
}

// described reads a user of an OAuth 2 server that the project describes itself: standard claims, or id in place of sub.
func described(ctx context.Context, p *Provider, access string) (claims, error) {
	user, err := p.mineObject(ctx, p.fixed.UserInfo, access)
	if err != nil {
		return nil, err
	}
	out := claims{"iss": origin(p.fixed.UserInfo), "sub": plainID(user["sub"])}
	if out["sub"] == "" {
		out["sub"] = plainID(user["id"])
	}
	take(out, user, "email", "email_verified", "phone_number", "phone_number_verified")
	take(out, user, profileNames...)
	return out, nil
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
