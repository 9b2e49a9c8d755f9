"""How the product is put to work: `local` is one machine by itself (`./agenda`)."""
