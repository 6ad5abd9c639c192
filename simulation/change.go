package simulation

import "fmt"

// mostSets bounds how much a gateway group holds: more costs time and shows nothing new.
const mostSets = 5

// changed returns another content and says what is new.
func (c content) changed(dice chance) (content, string) {
	next := c.clone()
	next.number++
	next.broken, next.only, next.bad = "", "", nil
	if dice.oneIn(7) {
		next.bad = map[string]bool{pick(dice, next.stands...).name: true}
	}
	what := next.alter(dice)
	return next, what
}

// alter changes c in one way or another and says what is new.
func (c *content) alter(dice chance) string {
	if len(c.sets) == 0 {
		return c.add(dice)
	}
	switch dice.IntN(21) {
	case 0, 1:
		return c.add(dice)
	case 2:
		return c.remove(dice)
	case 3, 4:
		return c.edit(dice)
	case 5:
		return c.redirect(dice)
	case 6:
		return c.swap(dice)
	case 7:
		return c.rename(dice)
	case 8, 9:
		return c.configure(dice)
	case 10:
		return c.rule(dice)
	case 11:
		where := pick(dice, c.stands...).name
		c.own[where] = dice.between(1, 9)
		return "priority in " + where
	case 12:
		return c.fault(dice)
	case 13:
		clear(c.sets)
		clear(c.configs)
		return "remove nearly everything"
	case 14:
		return "nothing"
	case 15, 16:
		return c.govern(dice)
	case 17, 18:
		return c.shift(dice)
	case 19:
		c.lock = dice.IntN(lockPlaces)
		return fmt.Sprintf("the lock stands at %d", c.lock)
	}
	return c.edit(dice) + ", " + c.edit(dice) + ", " + c.configure(dice)
}

// fault makes the commit one that can't be rendered, at least in one environment.
func (c *content) fault(dice chance) string {
	c.broken = pick(dice, "kind", "dangling", "environment")
	if c.broken == "environment" && dice.oneIn(2) {
		c.only = pick(dice, c.stands...).name
	}
	return fmt.Sprintf("fault: %s %s", c.broken, c.only)
}

func (c *content) add(dice chance) string {
	number := dice.IntN(mostSets)
	c.sets[number] = newSet(number, dice)
	return "add set " + name("", number)
}

func (c *content) remove(dice chance) string {
	number := pickKey(dice, c.sets)
	delete(c.sets, number)
	return "remove set " + name("", number)
}

func (c *content) edit(dice chance) string {
	number := pickKey(dice, c.sets)
	s := c.sets[number]
	switch dice.IntN(4) {
	case 0:
		s.port = 1980 + dice.IntN(10)
	case 1:
		s.version = c.number
	case 2:
		s.bare = !s.bare
	case 3:
		s.uri = fmt.Sprintf("/r%d/v%d", number, c.number)
	}
	c.sets[number] = s
	return "edit set " + name("", number)
}

// redirect lets a route use the service of another set.
func (c *content) redirect(dice chance) string {
	from, to := pickKey(dice, c.sets), pickKey(dice, c.sets)
	s := c.sets[from]
	s.service = to
	c.sets[from] = s
	return fmt.Sprintf("route %d to service %d", from, to)
}

// swap exchanges what two routes answer to.
func (c *content) swap(dice chance) string {
	a, b := pickKey(dice, c.sets), pickKey(dice, c.sets)
	one, other := c.sets[a], c.sets[b]
	if a == b {
		return c.edit(dice)
	}
	one.uri, other.uri = other.uri, one.uri
	one.service, other.service = other.service, one.service
	c.sets[a], c.sets[b] = one, other
	return fmt.Sprintf("swap the routes of %d and %d", a, b)
}

// rename gives a set another number: what answered to its requests goes, and another comes that does.
func (c *content) rename(dice chance) string {
	from, to := pickKey(dice, c.sets), dice.IntN(mostSets)
	if _, taken := c.sets[to]; taken {
		return c.edit(dice)
	}
	s := c.sets[from]
	if s.service == from {
		s.service = to
	}
	delete(c.sets, from)
	c.sets[to] = s
	return fmt.Sprintf("rename set %d to %d", from, to)
}

// configure adds, changes or removes a plugin config, or lets a route use another.
func (c *content) configure(dice chance) string {
	number := dice.IntN(2)
	switch _, there := c.configs[number]; {
	case !there:
		c.configs[number] = c.number
	case dice.oneIn(3):
		delete(c.configs, number)
		return "remove plugin config " + name("", number)
	default:
		c.configs[number] = c.number
	}
	user := pickKey(dice, c.sets)
	s := c.sets[user]
	s.config = number
	c.sets[user] = s
	return fmt.Sprintf("plugin config %d, used by %d", number, user)
}

func (c *content) rule(dice chance) string {
	number := dice.IntN(2)
	if _, there := c.rules[number]; there && dice.oneIn(2) {
		delete(c.rules, number)
		return "remove global rule " + name("", number)
	}
	c.rules[number] = c.number
	return "global rule " + name("", number)
}
