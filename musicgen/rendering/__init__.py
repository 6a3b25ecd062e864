"""A tune as one hears it, sees it and takes it away: both faces go through here."""
