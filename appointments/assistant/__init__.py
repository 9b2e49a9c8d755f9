"""The set-up of a practice, step by step: each alone, in any order, again at any time. Nothing of it needs the administration."""
