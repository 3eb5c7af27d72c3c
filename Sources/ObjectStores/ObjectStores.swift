// ObjectStores
