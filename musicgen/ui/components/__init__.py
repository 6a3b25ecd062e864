"""Components that draw or sound in the browser, each with its JavaScript and CSS beside it."""
