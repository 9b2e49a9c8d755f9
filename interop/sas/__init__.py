"""The SAS as a server (INT_R03): its address, our certificate, its HTTP statuses. Nothing else in the product knows them."""
